package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	longestHead  = 256 << 10
	mostInterims = 8    // 1xx answers before the real one
	mostHeaders  = 1024 // of an answer: the gateway takes no more of a box
)

// readHead reads up to the final answer's body. Where the rest of the head cannot be read, there is the status alone; without that, 0.
func readHead(from *bufio.Reader, method string) (*http.Response, int, error) {
	for range mostInterims {
		status, err := readStatus(from)
		if err != nil {
			return nil, 0, err
		}
		answer, err := parseHead(from, method)
		if err != nil {
			return nil, status, err
		}
		if countHeaders(answer) > mostHeaders {
			return nil, status, fmt.Errorf("more than %d headers", mostHeaders)
		}
		if answer.StatusCode >= 200 {
			return answer, answer.StatusCode, nil
		}
		if answer.StatusCode == http.StatusSwitchingProtocols {
			break
		}
	}
	return nil, 0, fmt.Errorf("no final answer")
}

// readStatus gives the final status that the line ahead begins with, or 0. It takes nothing. What is shorter is no answer.
func readStatus(from *bufio.Reader) (int, error) {
	const shape = "HTTP/1.1 200 "
	line, err := from.Peek(len(shape))
	if err != nil {
		return 0, err
	}
	status, malformed := strconv.Atoi(string(line[9:12]))
	ends := strings.IndexByte(" \r\n", line[12]) >= 0
	if malformed != nil || status < 200 || !ends || line[8] != ' ' || !strings.HasPrefix(string(line), "HTTP/1.") {
		return 0, nil
	}
	return status, nil
}

// parseHead reads one head. The library refuses the transfer coding `identity`, which says nothing, and which some servers send; and it
// drops Connection, by which the gateway knows what else is of the connection alone.
func parseHead(from *bufio.Reader, method string) (*http.Response, error) {
	var lines bytes.Buffer
	var ofConnection []string
	for {
		line, err := readLine(from)
		if err != nil {
			return nil, err
		}
		name, value := field(line)
		if name != "transfer-encoding" || !strings.EqualFold(value, "identity") {
			lines.Write(line)
		}
		if name == "connection" && isFieldValue(value) {
			ofConnection = append(ofConnection, value)
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
	}
	answer, err := http.ReadResponse(bufio.NewReader(io.MultiReader(&lines, from)), &http.Request{Method: method})
	if err == nil && ofConnection != nil {
		answer.Header["Connection"] = ofConnection
	}
	return answer, err
}

// readLine gives a line as it is, with its end. The head's own bound is the reader's.
func readLine(from *bufio.Reader) ([]byte, error) {
	line, err := from.ReadBytes('\n')
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return line, err
}

// field is the name of a head's line, in lower case, and its value.
func field(line []byte) (name, value string) {
	name, value, _ = strings.Cut(string(line), ":")
	return strings.ToLower(name), strings.TrimSpace(value)
}

func countHeaders(answer *http.Response) int {
	count := 0
	for _, values := range answer.Header {
		count += len(values)
	}
	return count
}

// headersOf are the headers that the gateway is told. A name that has the secret in it is none of them.
func headersOf(answer *http.Response, redact *redactor) [][2]string {
	headers := [][2]string{}
	if answer == nil {
		return headers
	}
	for _, name := range slices.Sorted(maps.Keys(answer.Header)) {
		if redact.whole(name) != name {
			continue
		}
		for _, value := range answer.Header[name] {
			headers = append(headers, [2]string{strings.ToLower(name), redact.whole(value)})
		}
	}
	return headers
}
