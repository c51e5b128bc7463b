// A container tool for exact arithmetic. It reads its arguments as JSON and writes its result as JSON. Where the expression is
// wrong, it writes why to the error output and exits with a status that is not zero.
//
// It needs neither network nor secret, and gets none. So Callgate knows that a call changes nothing, and may repeat it.
package main

import (
	"encoding/json"
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"os"
)

type arguments struct {
	Expression string `json:"expression"`
}

type result struct {
	Value string `json:"value"` // exact: an integer, or a fraction
	Kind  string `json:"kind"`
}

func main() {
	var given arguments
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		refuse(err)
	}
	found, err := types.Eval(token.NewFileSet(), nil, token.NoPos, given.Expression)
	if err != nil {
		refuse(err)
	}
	if found.Value == nil || found.Value.Kind() == constant.String {
		refuse(fmt.Errorf("%q has no value that can be calculated", given.Expression))
	}
	_ = json.NewEncoder(os.Stdout).Encode(result{found.Value.ExactString(), found.Type.String()})
}

func refuse(reason error) {
	fmt.Fprintln(os.Stderr, reason)
	os.Exit(1)
}
