package sigma

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A kind of node.
type kind uint8

const (
	scalar kind = iota
	list
	mapping
)

// A node is a part of a YAML document with its aliases resolved.
type node struct {
	kind   kind
	tag    string // of a scalar: "!!str", "!!int", "!!float", "!!bool", "!!null", ...
	scalar string // its text
	keys   []string
	items  []node // of a list, or the values of the keys
}

// get returns the value of a key.
func (n *node) get(key string) (*node, bool) {
	for i, k := range n.keys {
		if k == key {
			return &n.items[i], true
		}
	}
	return nil, false
}

// text returns the value of a key if it is a scalar.
func (n *node) text(key string) string {
	if v, ok := n.get(key); ok && v.kind == scalar && v.tag != "!!null" {
		return v.scalar
	}
	return ""
}

// A document is one of a file's, and what makes it unfit to be a rule.
type document struct {
	node
	flaw error
}

// readDocuments reads the documents of a file. With an error it returns those
// before it.
func readDocuments(text []byte) (documents []document, err error) {
	if len(text) > MaxFile {
		return nil, fmt.Errorf("the file is longer than %d bytes", MaxFile)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("no valid YAML: the reader failed: %v", p)
		}
	}()
	d := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var y yaml.Node
		if err := d.Decode(&y); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return documents, fmt.Errorf("no valid YAML: %s", short(strings.TrimPrefix(err.Error(), "yaml: ")))
		}
		if len(documents) == maxDocuments {
			return documents, fmt.Errorf("the file has more than %d documents; the rest are not read", maxDocuments)
		}
		budget := maxNodes
		n, flaw := convert(&y, &budget, 0)
		if flaw != nil || n.tag != "!!null" || n.kind != scalar {
			documents = append(documents, document{n, flaw})
		}
	}
	if len(documents) == 0 {
		return nil, fmt.Errorf("the file holds no document")
	}
	return documents, nil
}

// convert takes a node of the YAML reader, and what its aliases stand for, as
// long as the budget lasts.
func convert(y *yaml.Node, budget *int, depth int) (node, error) {
	if *budget--; *budget < 0 {
		return node{}, fmt.Errorf("a document has more than %d parts", maxNodes)
	}
	if depth > maxDepth {
		return node{}, fmt.Errorf("lists and maps are in each other more than %d deep", maxDepth)
	}
	switch y.Kind {
	case yaml.DocumentNode:
		if len(y.Content) != 1 {
			return node{tag: "!!null"}, nil
		}
		return convert(y.Content[0], budget, depth)
	case yaml.AliasNode:
		return convert(y.Alias, budget, depth+1)
	case yaml.ScalarNode:
		return node{tag: y.ShortTag(), scalar: y.Value}, nil
	case yaml.SequenceNode:
		n := node{kind: list}
		for _, c := range y.Content {
			item, err := convert(c, budget, depth+1)
			if err != nil {
				return n, err
			}
			n.items = append(n.items, item)
		}
		return n, nil
	case yaml.MappingNode:
		return convertMap(y, budget, depth)
	}
	return node{tag: "!!null"}, nil
}

func convertMap(y *yaml.Node, budget *int, depth int) (node, error) {
	n, known := node{kind: mapping}, map[string]bool{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, err := convert(y.Content[i], budget, depth+1)
		switch {
		case err != nil:
			return n, err
		case key.kind != scalar:
			return n, fmt.Errorf("line %d: a key that is no text", y.Content[i].Line)
		case key.tag == "!!merge":
			return n, fmt.Errorf("line %d: a merge key (<<), which is not supported", y.Content[i].Line)
		case known[key.scalar]:
			return n, fmt.Errorf("line %d: the key %q is there twice", y.Content[i].Line, short(key.scalar))
		}
		known[key.scalar] = true
		value, err := convert(y.Content[i+1], budget, depth+1)
		if err != nil {
			return n, err
		}
		n.keys, n.items = append(n.keys, key.scalar), append(n.items, value)
	}
	return n, nil
}
