package jsonlog

import (
	"bytes"
	"slices"
	"strings"
)

// idKeys are the ends of the keys that hold an event's ID, with the quote, in
// the layouts of NXLog and evtx_dump, of Winlogbeat (winlog.event_id, and
// event_id before version 7) and the HELK, of EvtxECmd, and of ECS.
var idKeys = [...][]byte{[]byte(`EventID"`), []byte(`event_id"`), []byte(`EventId"`), []byte(`event.code"`), []byte(`code"`)}

// A glance tells by a few bytes of a document whether it may be selected. It
// remembers the key that the last document had.
type glance struct {
	key       int
	any       map[uint32]bool     // IDs selected from every provider
	providers map[uint32][]string // the names for the others
	ids       [1 << 16 / 64]uint64
	data      map[uint32]bool     // IDs whose data is asked for
	texts     map[uint32][]string // one of which a document must hold, "" for any
	endpoint  bool
	all       bool // whatever the selectors say
}

func newGlance(selectors []Selector) *glance {
	g := &glance{any: map[uint32]bool{}, providers: map[uint32][]string{}, data: map[uint32]bool{}, texts: map[uint32][]string{}}
	for _, s := range selectors {
		switch {
		case s.ID >= 1<<16:
		case s.ID == 0 && s.Provider == Endpoint:
			g.endpoint = true
		default:
			g.ids[s.ID/64] |= 1 << (s.ID % 64)
			g.data[s.ID] = g.data[s.ID] || s.Data
			g.texts[s.ID] = append(g.texts[s.ID], s.Holds)
			if s.Provider == "" {
				g.any[s.ID] = true
			} else {
				g.providers[s.ID] = append(g.providers[s.ID], s.Provider)
			}
		}
	}
	return g
}

// selects reports whether a selector names the ID and the provider.
func (g *glance) selects(id uint32, provider string) bool {
	if g.all || g.any[id] {
		return true
	}
	for _, p := range g.providers[id] {
		if strings.EqualFold(p, provider) {
			return true
		}
	}
	return false
}

// wants reports whether the document may be one that is selected, and its ID
// where known says that it can be told without decoding.
func (g *glance) wants(doc []byte) (id uint32, known, wanted bool) {
	switch {
	case g.all:
		return 0, false, true
	case !g.anything():
		return 0, false, false
	}
	for i := range idKeys {
		k := g.key
		switch {
		case i == 0:
		case i <= g.key:
			k = i - 1
		default:
			k = i
		}
		id, found, number := idAfter(doc, idKeys[k])
		if !found {
			continue
		}
		g.key = k
		if !number {
			return 0, false, true
		}
		if id < 1<<16 && g.ids[id/64]&(1<<(id%64)) != 0 {
			return id, true, g.holds(id, doc)
		}
		if k < len(idKeys)-2 {
			return id, true, false
		}
		break // ECS codes are not always numbers of Windows events
	}
	return 0, false, g.endpoint && ofEndpoint(doc)
}

// holds reports whether a document has one of the texts that are asked for.
func (g *glance) holds(id uint32, doc []byte) bool {
	return slices.ContainsFunc(g.texts[id], func(text string) bool {
		return text == "" || bytes.Contains(doc, []byte(text)) || bytes.Contains(bytes.ToLower(doc), []byte(text))
	})
}

func (g *glance) anything() bool { return g.endpoint || len(g.any) > 0 || len(g.providers) > 0 }

// idAfter finds a key and the number that is its value: 4688, "4688",
// ["4688"], {"Value":4688} or {"#attributes":{...},"#text":4688}.
func idAfter(doc, key []byte) (id uint32, found, number bool) {
	for at := 0; ; {
		i := bytes.Index(doc[at:], key)
		if i < 0 {
			return 0, false, false
		}
		at += i + len(key)
		if before := at - len(key) - 1; before < 0 || doc[before] != '"' && doc[before] != '.' {
			continue
		}
		v := bytes.TrimLeft(doc[at:], " \t\r\n")
		if len(v) == 0 || v[0] != ':' {
			continue
		}
		v = bytes.TrimLeft(v[1:], " \t\r\n[\"")
		n := 0
		for n < len(v) && n < 6 && v[n] >= '0' && v[n] <= '9' {
			id = id*10 + uint32(v[n]-'0')
			n++
		}
		return id, true, n > 0 && n < 6
	}
}

var (
	endpointDataset = []byte("endpoint.events.")
	categoryKey     = []byte(`category"`)
)

// ofEndpoint reports whether a document may be a process start or a file
// creation in ECS that has no code.
func ofEndpoint(doc []byte) bool {
	if i := bytes.Index(doc, endpointDataset); i >= 0 {
		rest := doc[i+len(endpointDataset):]
		return bytes.HasPrefix(rest, []byte("process")) || bytes.HasPrefix(rest, []byte("file"))
	}
	i := bytes.Index(doc, categoryKey)
	if i < 0 {
		return false
	}
	value := doc[i:min(len(doc), i+200)]
	return bytes.Contains(value, []byte(`"process"`)) || bytes.Contains(value, []byte(`"file"`))
}
