// Passkeys. A form with data-passkey asks the server for a question, lets the browser answer it, and
// sends the answer in its hidden field. The server draws everything else.
(() => {
  const bytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0))
  const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

  const decoded = question => {
    const key = question.publicKey
    key.challenge = bytes(key.challenge)
    if (key.user) key.user.id = bytes(key.user.id)
    for (const list of [key.allowCredentials, key.excludeCredentials]) {
      for (const one of list || []) one.id = bytes(one.id)
    }
    return { publicKey: key }
  }

  const encoded = made => {
    const response = {}
    for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
      if (made.response[name]) response[name] = text(made.response[name])
    }
    if (made.response.getTransports) response.transports = made.response.getTransports()
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response,
      clientExtensionResults: {}, authenticatorAttachment: made.authenticatorAttachment || undefined })
  }

  const ask = async form => {
    const answer = await fetch(form.dataset.ask, { headers: { Accept: 'application/json' } })
    if (answer.ok) return decoded(await answer.json())
    if (answer.status === 401 || answer.status === 403 || answer.status === 410) location.reload() // the password or the sign-in is too old
    throw new Error(answer.status)
  }

  const send = (form, made) => {
    form.elements.passkey.value = encoded(made)
    form.submit()
  }

  const say = (form, error) => {
    const words = form.dataset
    const said = form.querySelector('[role=alert]')
    said.textContent = { NotAllowedError: words.cancelled, AbortError: words.cancelled, TimeoutError: words.cancelled,
      InvalidStateError: words.present, NotSupportedError: words.unsupported }[error.name] || words.failed
    said.hidden = false
  }

  let waiting // for a passkey that the browser offers in the field of the address
  const offer = async form => {
    if (!window.PublicKeyCredential?.isConditionalMediationAvailable) return
    if (!await PublicKeyCredential.isConditionalMediationAvailable()) return
    waiting = new AbortController()
    const question = await ask(form)
    send(form, await navigator.credentials.get({ ...question, mediation: 'conditional', signal: waiting.signal }))
  }

  for (const form of document.querySelectorAll('form[data-passkey]')) {
    if ('autofill' in form.dataset) offer(form).catch(() => {})
    form.addEventListener('submit', async event => {
      event.preventDefault()
      event.stopPropagation()
      form.querySelector('[role=alert]').hidden = true
      const button = form.querySelector('button')
      button.disabled = true
      try {
        if (!navigator.credentials || !window.PublicKeyCredential) throw new DOMException('', 'NotSupportedError')
        waiting?.abort()
        send(form, await navigator.credentials[form.dataset.passkey](await ask(form)))
      } catch (error) {
        say(form, error)
        button.disabled = false
      }
    })
  }
})()
