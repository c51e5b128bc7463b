// The probe is what a hostile tool would be: it sits in a box in the runner's place, and tries to do what a box must not do.
//
// It connects io.sock, as the runner does. Each line that comes is one attempt, as a JSON list of words; each line that goes back is
// what came of it. An attempt runs in a process of its own, so that one that is killed, or hangs, spoils no other.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"time"
)

const ioSocket = "/gate/io.sock"

// outcome is what came of an attempt: the name of the kernel's error, "done" where there was none, or another word; and how far it went.
type outcome struct {
	Word  string `json:"word"`
	Count int64  `json:"count"`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "program" {
		beProgram()
		return
	}
	if len(os.Args) > 2 && os.Args[1] == "attempt" {
		report(attempt(os.Args[2], os.Args[3:]))
		return
	}
	conn, err := net.Dial("unix", ioSocket)
	if err != nil {
		os.Exit(1)
	}
	serve(conn)
}

// serve tries what it is told, until the other side hangs up.
func serve(conn net.Conn) {
	lines, answers := bufio.NewReader(conn), json.NewEncoder(conn)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var words []string
		if json.Unmarshal(line, &words) != nil || answers.Encode(try(words)) != nil {
			return
		}
	}
}

// beProgram makes the probe a container tool: it reads a list of attempts, and writes the list of what came of them.
func beProgram() {
	var attempts [][]string
	outcomes := []outcome{}
	if json.NewDecoder(os.Stdin).Decode(&attempts) != nil {
		os.Exit(1)
	}
	for _, words := range attempts {
		outcomes = append(outcomes, try(words))
	}
	_ = json.NewEncoder(os.Stdout).Encode(outcomes)
}

// attempt performs one attempt in this process.
func attempt(verb string, words []string) outcome {
	known, ok := verbs[verb]
	if !ok {
		return outcome{Word: "no such attempt"}
	}
	return known(words)
}

// report tells the process that started this one. The last report counts: a process that is killed next has said how far it
// came.
func report(o outcome) {
	line, _ := json.Marshal(o)
	fmt.Printf("%s\n", line)
}

const patience = 15 * time.Second
