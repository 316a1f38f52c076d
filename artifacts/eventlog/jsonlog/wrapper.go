package jsonlog

import (
	"bytes"
)

// outer are the keys with which an object begins that holds documents in an
// array: the answers to searches in Elasticsearch and OpenSearch, and what
// people's scripts make of them.
var outer = map[string]bool{"took": true, "_scroll_id": true, "pit_id": true, "timed_out": true, "hits": true, "responses": true,
	"rawResponse": true, "events": true, "Events": true, "records": true, "Records": true, "docs": true, "documents": true,
	"data": true, "logs": true, "results": true}

// holders are the keys of those arrays, with the quote that ends them.
var holders = [][]byte{[]byte(`"hits"`), []byte(`"events"`), []byte(`"Events"`), []byte(`"records"`), []byte(`"Records"`),
	[]byte(`"docs"`), []byte(`"documents"`), []byte(`"data"`), []byte(`"logs"`), []byte(`"results"`), []byte(`"responses"`)}

const longestOuter = len("rawResponse")

// maxLeader is how far into an object its array of documents begins.
const maxLeader = 64 << 10

// wraps reports whether the object at hand begins as one that holds documents.
func (s *splitter) wraps() bool {
	if s.hi-s.lo < maxLeader {
		s.fill()
	}
	text := bytes.TrimLeft(s.window[s.lo+1:s.hi], " \t\r\n")
	if len(text) < 2 || text[0] != '"' {
		return false
	}
	key, _, ok := bytes.Cut(text[1:min(len(text), longestOuter+2)], []byte{'"'})
	return ok && outer[string(key)]
}

// enter goes into the array of documents of the object at hand. It reports
// false where there is none: then the object is a document.
func (s *splitter) enter() bool {
	for s.hi-s.lo < maxLeader && s.fill() {
	}
	text := s.window[s.lo:min(s.hi, s.lo+maxLeader)]
	var b braces
	for i := 0; i < len(text); {
		n, state := b.feed(text[i : i+1])
		i++
		if n == 0 || state != open {
			return false
		}
		if text[i-1] != '[' || b.quoted {
			continue
		}
		if rest := bytes.TrimLeft(text[i:], " \t\r\n"); (len(rest) == 0 || rest[0] != '{') && (len(rest) == 0 || rest[0] != ']') {
			continue
		}
		before := bytes.TrimRight(text[:i-1], " \t\r\n")
		before = bytes.TrimRight(bytes.TrimSuffix(before, []byte{':'}), " \t\r\n")
		for _, h := range holders {
			if bytes.HasSuffix(before, h) {
				s.lo += i
				s.inside, s.wrapped = true, true
				return true
			}
		}
	}
	return false
}
