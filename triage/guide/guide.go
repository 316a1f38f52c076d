// Package guide answers the investigation guide's questions and fills its
// response steps from a case's facts. It opens nothing.
package guide

// An Answer is one investigation step of the guide, answered from the case.
type Answer struct {
	Step     string   `json:"step"` // "1" .. "7"
	Question string   `json:"question"`
	Status   Status   `json:"status"`
	Answer   string   `json:"answer"`   // paragraphs separated by "\n"
	Evidence []string `json:"evidence"` // ids of exports, records, acts
	Next     []string `json:"next"`     // what to collect or ask next
}

// Status says how far a step could be answered.
type Status string

const (
	Answered    Status = "answered"
	Partly      Status = "partly"
	NeedsPerson Status = "needs a person"
	NoEvidence  Status = "no evidence"
)

// An Action is one response step made specific for the host.
type Action struct {
	Step     string   `json:"step"` // "1" .. "7"
	Action   string   `json:"action"`
	Target   string   `json:"target"`
	Priority int      `json:"priority"` // 1 at once, 2 next, 3 then, 4 later, 5 last
	Because  string   `json:"because"`
	Evidence []string `json:"evidence"`
}
