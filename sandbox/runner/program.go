package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode"
)

// programJob is a program of the tool author's to be run: JSON in, JSON out.
type programJob struct {
	Command        []string      `json:"command"`
	Environment    [][2]string   `json:"environment"`
	TimeoutMS      int64         `json:"timeout_ms"`
	ResponseBytes  int64         `json:"response_bytes"`
	WayOut         bool          `json:"way_out"`
	Secret         *vaultSecrets `json:"secret"`
	CredentialHost string        `json:"credential_host"` // host:port of the requests that get the secret; empty: it becomes a file
	CredentialTLS  bool          `json:"credential_tls"`  // how that host is spoken to

	input []byte
}

func parseProgram(payload []byte) (*programJob, *flaw) {
	j := &programJob{}
	if json.Unmarshal(payload, j) != nil {
		return nil, invalid("the job is not the JSON that it should be")
	}
	if j.TimeoutMS <= 0 || j.ResponseBytes < 0 {
		return nil, invalid("the job's bounds are not positive")
	}
	if len(j.Command) == 0 || j.Command[0] == "" {
		return nil, invalid("the job has no command")
	}
	return j, nil
}

// completion is how a program ended by itself. What it wrote to its output went ahead, in body frames.
type completion struct {
	Exit    int      `json:"exit"`
	Errors  string   `json:"errors"`  // the end of what it wrote to its error output
	Refused []string `json:"refused"` // calls of the kernel that the box refused it
	Phases  []phase  `json:"phases"`
}

// execution is a program under way.
type execution struct {
	*session
	job         *programJob
	credentials credentials
	redact      *redactor
}

// perform reads as the job runs: the secret, the way out, the program, and then nothing of it is left.
func (e *execution) perform() (*completion, *flaw) {
	if f := e.prepare(); f != nil {
		return nil, f
	}
	environment, f := e.environment()
	if f != nil {
		return nil, f
	}
	defer e.watch.start("program")()
	p, err := startProcess(e.job.Command, environment, e.job.input)
	if err != nil {
		return nil, unsent(faultProgramNotStarted, fmt.Sprintf("%s does not start: %s", e.job.Command[0], cause(err)))
	}
	output := e.pumpOutput(p.stdout)
	errorTail := pumpTail(p.stderr, newRedactor(e.credentials.needles(), e.credentials.halved()))
	f = e.await(p, output)
	p.killAll()
	overflow := <-output.done
	e.forward(e.redact.rest())
	text := e.redact.whole(printable(<-errorTail))
	if f == nil {
		f = e.judge(p, overflow)
	}
	if f != nil {
		return nil, f.withErrors(text).withRefused(p.refused.list())
	}
	return &completion{Exit: p.status.ExitStatus(), Errors: text, Refused: p.refused.list()}, nil
}

func (e *execution) prepare() *flaw {
	if e.job.Secret != nil {
		defer e.watch.start("secret")()
		found, f := e.redeem(e.job.Secret)
		if f != nil {
			return f
		}
		e.credentials = found
	}
	e.redact = newRedactor(e.credentials.needles(), e.credentials.halved())
	return nil
}

// A program that is still there shortly before its time is over is asked to end: it may have something to put in order.
const (
	askedBefore   = time.Second
	askedFraction = 5 // of the time that is left: so much of it at most
)

// await returns when the program has ended, or must end. One that was asked to, and does not end well, has not ended in time.
func (e *execution) await(p *process, output *pump) *flaw {
	deadline, _ := e.ctx.Deadline()
	left := time.Until(deadline)
	warning := time.NewTimer(left - min(askedBefore, left/askedFraction))
	defer warning.Stop()
	asked := false
	for {
		select {
		case <-p.ended:
			if asked && (p.status.Signaled() || p.status.ExitStatus() != 0) {
				return outOfTime()
			}
			return nil
		case <-warning.C:
			p.ask()
			asked = true
		case <-output.overflow:
			return e.resultTooLarge()
		case <-e.ctx.Done():
			return outOfTime()
		}
	}
}

func outOfTime() *flaw { return &flaw{faultTimedOut, sent, "the program did not end in time"} }

// judge looks for what the program cannot tell of its own end.
func (e *execution) judge(p *process, overflow bool) *flaw {
	switch {
	case overflow:
		return e.resultTooLarge()
	case outOfMemory() && (p.status.Signaled() || p.status.ExitStatus() != 0):
		return &flaw{faultOutOfMemory, sent, "the program needed more memory than it may have"}
	case p.status.Signaled():
		return &flaw{faultProgramCrashed, sent, fmt.Sprintf("the program was ended by a signal: %s", p.status.Signal())}
	}
	return nil
}

func (e *execution) resultTooLarge() *flaw {
	return &flaw{faultResponseTooLarge, sent, fmt.Sprintf("the result is larger than %d bytes", e.job.ResponseBytes)}
}

func (f *flaw) withErrors(text string) *flaw {
	if text != "" {
		f.message += "; it said: " + text
	}
	return f
}

func (f *flaw) withRefused(calls []string) *flaw {
	if len(calls) > 0 {
		f.message += "; the box refused it " + strings.Join(calls, ", ")
	}
	return f
}

const (
	proxyAddress   = "127.0.0.1:3128"
	credentialFile = "/tmp/credential"

	credentialVariable = "CALLGATE_CREDENTIAL_FILE"
)

// environment is the image's own, with what the program needs to find its way out and its credential.
func (e *execution) environment() ([]string, *flaw) {
	added := [][2]string{{"HOME", "/tmp"}, {"TMPDIR", "/tmp"}, {"USER", "box"}, {"LOGNAME", "box"}, {"SSL_CERT_FILE", authorityBundle()}}
	if e.job.WayOut {
		if err := e.serveProxy(); err != nil {
			return nil, unsent(faultBoxDied, "the way out could not be opened: "+cause(err))
		}
		for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
			added = append(added, [2]string{name, "http://" + proxyAddress})
		}
	}
	if e.job.CredentialHost == "" {
		files, f := e.writeCredentials()
		if f != nil {
			return nil, f
		}
		added = append(added, files...)
	}
	return merged(os.Environ(), append(added, e.job.Environment...)), nil
}

// writeCredentials gives the variables that name the files: one of a job's only credential, and of several one for each place.
func (e *execution) writeCredentials() ([][2]string, *flaw) {
	var added [][2]string
	for number, one := range e.credentials {
		file := [2]string{credentialVariable, credentialFile}
		if len(e.credentials) > 1 {
			file = [2]string{credentialVariable + "_" + inVariable(one.name), fmt.Sprintf("%s-%d", credentialFile, number+1)}
		}
		if slices.ContainsFunc(added, func(other [2]string) bool { return other[0] == file[0] }) {
			return nil, invalid("two credentials would have a file of one name, " + file[0])
		}
		if err := os.WriteFile(file[1], []byte(one.file), 0o400); err != nil {
			return nil, unsent(faultSecretUnavailable, "the credential's file could not be written: "+cause(err))
		}
		added = append(added, file)
	}
	return added, nil
}

// inVariable is a name of a place as a part of a variable's name: DD-API-KEY becomes DD_API_KEY.
func inVariable(name string) string {
	return strings.Map(func(char rune) rune {
		if char >= 'a' && char <= 'z' || char >= 'A' && char <= 'Z' || char >= '0' && char <= '9' {
			return unicode.ToUpper(char)
		}
		return '_'
	}, name)
}

// merged puts later names in the place of earlier ones.
func merged(environment []string, added [][2]string) []string {
	for _, pair := range added {
		prefix := pair[0] + "="
		environment = slices.DeleteFunc(environment, func(entry string) bool { return strings.HasPrefix(entry, prefix) })
		environment = append(environment, prefix+pair[1])
	}
	return environment
}

// cause is an error in the kernel's words, without the paths and operations around it.
func cause(err error) string {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number.Error()
	}
	return err.Error()
}
