package localpg

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// maxSocketPath leaves some room below what systems allow in a socket's address
// (104 bytes on macOS, 108 on Linux).
const maxSocketPath = 100

// listenAt decides where the server listens and reads the password.
func (c cluster) listenAt(o Options) (address, error) {
	password, err := os.ReadFile(c.password())
	if err != nil {
		return address{}, fmt.Errorf("password of the private cluster: %w", err)
	}
	a := address{host: c.sockets(), port: "5432", password: strings.TrimSpace(string(password)), database: o.Database}
	// pgx takes a comma for the beginning of a second host.
	if o.TCP || len(filepath.Join(c.sockets(), ".s.PGSQL.5432")) > maxSocketPath || strings.Contains(c.sockets(), ",") {
		a.host = "127.0.0.1"
		a.port, err = freePort()
		return a, err
	}
	return a, c.as.makeOwnFolder(c.sockets())
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
