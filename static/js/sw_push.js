// sw_push.js is the part of the service worker that shows messages of the studio.
