package sigma

import (
	"fmt"
	"strconv"
	"strings"
)

// A search is one search identifier of a detection.
type search struct {
	name string
	expr expr
}

// readDetection makes the expr of a detection: that of its condition, or of
// any of its conditions if there are several.
func readDetection(n *node) (expr, error) {
	if n.kind != mapping {
		return nil, fmt.Errorf("its detection is no map")
	}
	budget := maxValues
	var searches []search
	for i, name := range n.keys {
		switch name {
		case "condition":
		case "timeframe":
			return nil, fmt.Errorf("it counts events in a timeframe, which is not supported")
		default:
			e, err := readSearch(&n.items[i], &budget)
			if err != nil {
				return nil, fmt.Errorf("search %q: %w", short(name), err)
			}
			searches = append(searches, search{name, e})
		}
	}
	condition, ok := n.get("condition")
	if !ok {
		return nil, fmt.Errorf("its detection has no condition")
	}
	texts := []node{*condition}
	if condition.kind == list {
		texts = condition.items
	}
	var all []expr
	for _, text := range texts {
		if text.kind != scalar || text.tag == "!!null" {
			return nil, fmt.Errorf("its condition is no text")
		}
		e, err := readCondition(text.scalar, searches)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("its condition is empty")
	}
	return anyOf(all), nil
}

// A conditionReader reads one condition: or binds least, then and, then not.
type conditionReader struct {
	words    []string
	at       int
	depth    int
	searches []search
}

// readCondition reads a condition over the named searches.
func readCondition(text string, searches []search) (expr, error) {
	if len(text) > maxCondition {
		return nil, fmt.Errorf("its condition is longer than %d bytes", maxCondition)
	}
	if strings.Contains(text, "|") {
		return nil, fmt.Errorf("its condition %q has an aggregation (|), which is not supported", short(text))
	}
	r := conditionReader{words: words(text), searches: searches}
	e, err := r.or()
	if err == nil && r.at < len(r.words) {
		if strings.EqualFold(r.peek(), "near") {
			err = fmt.Errorf("near is not supported")
		} else {
			err = fmt.Errorf("%q is not expected there", r.peek())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("its condition %q cannot be used: %w", short(text), err)
	}
	return e, nil
}

// words splits a condition.
func words(text string) (all []string) {
	for _, field := range strings.Fields(text) {
		for field != "" {
			i := strings.IndexAny(field, "()")
			switch {
			case i < 0:
				i = len(field)
			case i == 0:
				i = 1
			}
			all, field = append(all, field[:i]), field[i:]
		}
	}
	return all
}

// peek returns the next word, "" at the end.
func (r *conditionReader) peek() string {
	if r.at < len(r.words) {
		return r.words[r.at]
	}
	return ""
}

// take takes the next word if it is this one, whatever its case.
func (r *conditionReader) take(word string) bool {
	if !strings.EqualFold(r.peek(), word) {
		return false
	}
	r.at++
	return true
}

func (r *conditionReader) or() (expr, error)  { return r.joined("or", r.and, anyOf) }
func (r *conditionReader) and() (expr, error) { return r.joined("and", r.operand, every) }

func (r *conditionReader) joined(word string, next func() (expr, error), join func([]expr) expr) (expr, error) {
	var parts []expr
	for {
		e, err := next()
		if err != nil {
			return nil, err
		}
		parts = append(parts, e)
		if !r.take(word) {
			return join(parts), nil
		}
	}
}

// operand reads a negation, a parenthesis, a quantifier or a name.
func (r *conditionReader) operand() (expr, error) {
	if r.depth++; r.depth > maxNesting {
		return nil, fmt.Errorf("it is nested more than %d deep", maxNesting)
	}
	defer func() { r.depth-- }()
	switch word := r.peek(); {
	case word == "":
		return nil, fmt.Errorf("it ends too early")
	case r.take("not"):
		e, err := r.operand()
		return not{e}, err
	case r.take("("):
		e, err := r.or()
		if err == nil && !r.take(")") {
			err = fmt.Errorf("a parenthesis is not closed")
		}
		return e, err
	case r.at+1 < len(r.words) && strings.EqualFold(r.words[r.at+1], "of"):
		return r.quantity()
	default:
		r.at++
		return r.named(word)
	}
}

func (r *conditionReader) named(word string) (expr, error) {
	for _, s := range r.searches {
		if s.name == word {
			return s.expr, nil
		}
	}
	return nil, fmt.Errorf("there is no search %q", word)
}

// quantity reads "1 of x*", "all of them" and the like.
func (r *conditionReader) quantity() (expr, error) {
	count, pattern := r.words[r.at], ""
	r.at += 2
	if pattern = r.peek(); pattern == "" || pattern == "(" || pattern == ")" {
		return nil, fmt.Errorf("after %q a name, a pattern or them is expected", count+" of")
	}
	r.at++
	var parts []expr
	for _, s := range r.searches {
		if strings.EqualFold(pattern, "them") && !strings.HasPrefix(s.name, "_") || named(pattern, s.name) {
			parts = append(parts, s.expr)
		}
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("%q names no search", pattern)
	}
	switch {
	case strings.EqualFold(count, "all"):
		return every(parts), nil
	case strings.EqualFold(count, "any"):
		return anyOf(parts), nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > len(parts) {
		return nil, fmt.Errorf("%q is no count of the %d searches that %q names", count, len(parts), pattern)
	}
	return atLeast{n, parts}, nil
}

// named reports whether a search's name fits a pattern with * for any text.
func named(pattern, name string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == name
	}
	if !strings.HasPrefix(name, first) {
		return false
	}
	name = name[len(first):]
	parts := strings.Split(rest, "*")
	for _, p := range parts[:len(parts)-1] {
		i := strings.Index(name, p)
		if i < 0 {
			return false
		}
		name = name[i+len(p):]
	}
	return strings.HasSuffix(name, parts[len(parts)-1])
}
