package hive

import (
	"bytes"
	"slices"
	"strings"

	"www.velocidex.com/golang/regparser"

	"hivetriage/artifacts"
)

// A library is regparser over a sound hive in memory; the zero value finds
// nothing. regparser follows a subkey list that refers to itself until the
// stack is gone, which no recover stops, so it must not see other hives. It
// reads names as raw bytes and the data of some values wrongly; keys are all
// it is asked for.
type library struct{ registry *regparser.Registry }

// openLibrary takes the base block and the bins of a sound hive.
func openLibrary(file []byte) library {
	registry, err := regparser.NewRegistry(bytes.NewReader(file))
	if err != nil {
		return library{} // other signature than "regf", which Read refuses
	}
	return library{registry}
}

// find returns the cell of the key at path. It is not asked for the root,
// which regparser has under "" only, nor for paths with the characters that
// regparser splits or unquotes at or with empty names, which it leaves out.
func (l library) find(path string) (off uint32, ok bool, bug *artifacts.Problem) {
	if l.registry == nil || strings.ContainsAny(path, `/"`) || slices.Contains(strings.Split(path, `\`), "") {
		return 0, false, nil
	}
	defer func() {
		if r := recover(); r != nil {
			off, ok = 0, false
			bug = artifacts.NewProblem(artifacts.Bug, -1, "hive: regparser failed: %v", r)
		}
	}()
	k := l.registry.OpenKey(path)
	if k == nil {
		return 0, false, nil
	}
	return uint32(k.Offset - baseSize - 4), true, nil
}
