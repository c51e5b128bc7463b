// Command callgate-door stands between clients and the gateway's gRPC server. It speaks HTTP/2 with strangers, so that what they can
// do to a connection is done to this process and not to the one that makes calls: it ends connections that flood it with frames
// (meter.go), bounds header blocks, and passes requests on over a Unix socket that only the gateway's own user can reach.
//
// It decides nothing about a request: who may do what is the gateway's matter.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"
)

// The collector runs when there is half as much garbage as there is in use: the door is small beside what it passes on.
const collectAt = 50

// What is written last is on its way by then: the notice to clients, and the end of a stream.
const lastFrames = 20 * time.Millisecond

// plan comes as the only argument, in JSON.
type plan struct {
	Gateway     string `json:"gateway"`     // the path of its Unix socket
	Listeners   []int  `json:"listeners"`   // descriptors that listen
	Certificate string `json:"certificate"` // a file; empty: no TLS
	Key         string `json:"key"`
	// Seconds: in which a client asks for something; after which a silent gateway is asked whether it is there; that it has to answer.
	FirstRequestWithin float64 `json:"first_request_within"`
	Moment             float64 `json:"moment"` // that one has to be answered before it gives way to the next
	PingAfter          float64 `json:"ping_after"`
	PingWithin         float64 `json:"ping_within"`
}

func seconds(count float64) time.Duration { return time.Duration(count * float64(time.Second)) }

func main() {
	debug.SetGCPercent(collectAt)
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var p plan
	if err := json.Unmarshal([]byte(os.Args[1]), &p); err != nil {
		return err
	}
	secure, err := openCertificate(p.Certificate, p.Key)
	if err != nil {
		return err
	}
	told := listenToSignals()
	server, failed := newServer(), make(chan error, len(p.Listeners))
	gate := newGate(secure, newWays(p.Gateway, seconds(p.PingAfter), seconds(p.PingWithin)), seconds(p.FirstRequestWithin), seconds(p.Moment))
	for _, descriptor := range p.Listeners {
		listener, err := net.FileListener(os.NewFile(uintptr(descriptor), "listener"))
		if err != nil {
			return err
		}
		go func() { failed <- server.Serve(gate.watch(listener)) }()
	}
	fmt.Println("ready")
	go endWithGateway(p.Gateway)
	return untilTold(server, secure, told, failed)
}

// listenToSignals has to come before the gateway may send one. It stops its door when its own calls have ended: what a terminal
// sends to both at once is not for this process. And a log that is read no more must not end it.
func listenToSignals() <-chan os.Signal {
	signal.Ignore(syscall.SIGINT, syscall.SIGPIPE)
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM, syscall.SIGHUP)
	return told
}

// untilTold serves until SIGTERM.
func untilTold(server *http.Server, secure *certificate, told <-chan os.Signal, failed <-chan error) error {
	for {
		select {
		case err := <-failed:
			return err
		case number := <-told:
			if number == syscall.SIGTERM {
				return drain(server)
			}
			secure.reload()
		}
	}
}

// drain takes no new connections, tells clients to send no more over those that are open, and waits until their streams have ended:
// whoever sent the signal bounds that.
func drain(server *http.Server) error {
	go func() { _ = server.Shutdown(context.Background()) }()
	for time.Sleep(lastFrames); streams.Load() > 0; {
		time.Sleep(lastFrames)
	}
	time.Sleep(lastFrames) // a stream is counted until its end can be written
	return nil
}

// endWithGateway ends this process as soon as the gateway's is gone, whatever it died of: the kernel closes its end of the pipe.
// What the gateway could not remove any more is removed.
func endWithGateway(gateway string) {
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = os.RemoveAll(filepath.Dir(gateway))
	os.Exit(0)
}
