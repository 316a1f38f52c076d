package report

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"hivetriage/triage"
)

// A layer is an ATT&CK Navigator layer of format 4.5. Field names and which of
// them must be there are those of LAYERFORMATv4_5.md in the Navigator's
// repository.
type layer struct {
	Name        string           `json:"name"`
	Versions    layerVersions    `json:"versions"`
	Domain      string           `json:"domain"`
	Description string           `json:"description"`
	Filters     layerFilters     `json:"filters"`
	Sorting     int              `json:"sorting"` // 3: highest score first
	Layout      layerLayout      `json:"layout"`
	Hide        bool             `json:"hideDisabled"`
	Techniques  []layerTechnique `json:"techniques"`
	Gradient    layerGradient    `json:"gradient"`
	Metadata    []layerDatum     `json:"metadata"`
}

// layerVersions leaves out ATT&CK's: the Navigator takes its own then, and the
// techniques here have been the same since version 8.
type layerVersions struct {
	Navigator string `json:"navigator"`
	Layer     string `json:"layer"`
}

type layerFilters struct {
	Platforms []string `json:"platforms"`
}

type layerLayout struct {
	Layout   string `json:"layout"`
	ShowID   bool   `json:"showID"`
	ShowName bool   `json:"showName"`
	Expanded string `json:"expandedSubtechniques"`
}

type layerTechnique struct {
	ID       string       `json:"techniqueID"`
	Score    int          `json:"score"`
	Comment  string       `json:"comment"`
	Enabled  bool         `json:"enabled"`
	Metadata []layerDatum `json:"metadata"`
	Links    []layerLink  `json:"links"`
	Show     bool         `json:"showSubtechniques"`
}

type layerGradient struct {
	Colors []string `json:"colors"`
	Min    int      `json:"minValue"`
	Max    int      `json:"maxValue"`
}

type layerDatum struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type layerLink struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

// Navigator writes a layer for MITRE's ATT&CK Navigator: the techniques of the
// acts, scored by the confidence of the surest act, and those of records that
// belong to no act, scored 0.
func Navigator(w io.Writer, c *triage.Case) error {
	f := newFront(c)
	l := layer{
		Name: strings.Join(append([]string{"hivetriage"}, f.hostNames()...), " "), Versions: layerVersions{Navigator: "5.0.0", Layer: "4.5"}, Domain: "enterprise-attack",
		Description: verdictTitle(c.Verdict) + ". The score is the confidence of the surest act with the technique, 0 to 100.",
		Filters:     layerFilters{[]string{"Windows"}}, Sorting: 3,
		Layout:     layerLayout{Layout: "side", ShowID: true, ShowName: true, Expanded: "annotated"},
		Techniques: []layerTechnique{},
		Gradient:   layerGradient{Colors: []string{"#ffffff", "#ffcc66", "#d43d3d"}, Max: 100},
		Metadata:   []layerDatum{{"verdict", c.Verdict}, {"tool", strings.TrimSpace(c.Tool.Name + " " + c.Tool.Version)}},
	}
	for _, use := range f.techniques() {
		l.Techniques = append(l.Techniques, f.layerTechnique(use))
	}
	return writeDocument(w, l)
}

// hostNames are the names of the case's hosts, each once.
func (f *front) hostNames() (names []string) {
	for _, h := range f.Hosts {
		if name := shorten(visible(h.Name), shortText); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// maxLayerSeen is how many acts and records are named at a technique.
const maxLayerSeen = 20

func (f *front) layerTechnique(use techniqueUse) layerTechnique {
	t := layerTechnique{ID: use.ID, Enabled: true, Show: true, Metadata: []layerDatum{}, Links: []layerLink{{"ATT&CK", techniqueURL(use.ID)}}}
	acts, records := 0, 0
	for i, id := range use.Seen {
		name := "record"
		if a := f.acts[id]; a != nil {
			name = "act"
			acts++
			t.Score = max(t.Score, a.Confidence)
		} else {
			records++
		}
		if i < maxLayerSeen {
			t.Metadata = append(t.Metadata, layerDatum{name, visible(id)})
		}
	}
	t.Comment = strings.TrimPrefix(techniqueName(use.ID)+": ", ": ") + counted(acts, "act", "acts") + ", " + counted(records, "record", "records")
	if more := len(use.Seen) - maxLayerSeen; more > 0 {
		t.Metadata = append(t.Metadata, layerDatum{"more", strconv.Itoa(more)})
	}
	return t
}

// techniqueURL is where MITRE describes a technique.
func techniqueURL(id string) string {
	return "https://attack.mitre.org/techniques/" + strings.ReplaceAll(id, ".", "/") + "/"
}
