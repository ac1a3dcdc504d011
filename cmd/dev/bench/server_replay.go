package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
)

// replay answers every request with the bytes of a file. No server that writes the same
// bytes to the same connections can do less.
func replay(file string, l net.Listener, in io.Reader, out io.Writer) error {
	answer, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go repeat(c, answer)
		}
	}()
	fmt.Fprintln(out, l.Addr())
	return serveCommands(in, out, commonCommand)
}

func repeat(c net.Conn, answer []byte) {
	defer c.Close()
	buf := make([]byte, 0, 4<<10)
	for {
		n, err := c.Read(buf[len(buf):cap(buf)])
		if err != nil {
			return
		}
		buf = buf[:len(buf)+n]
		if !bytes.HasSuffix(buf, []byte("\r\n\r\n")) {
			if len(buf) == cap(buf) {
				return
			}
			continue
		}
		buf = buf[:0]
		if _, err := c.Write(answer); err != nil && !errors.Is(err, net.ErrClosed) {
			return
		}
	}
}
