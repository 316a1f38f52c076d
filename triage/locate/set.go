package locate

// A Set are the exports of one machine: what whoever took them has together.
type Set struct {
	ID         string   `json:"id"`
	Exports    []string `json:"exports"`
	Hives      []string `json:"hives"` // "SAM", "SECURITY", "SYSTEM"
	Host       string   `json:"host,omitempty"`
	MachineSID string   `json:"machine_sid,omitempty"`
	Domain     string   `json:"domain,omitempty"`
	Relation   string   `json:"relation"`
	Opens      string   `json:"opens"` // Opens, NeedsBootKey or BootKeyOnly
	Gives      string   `json:"gives"`
	Because    string   `json:"because"`
}

// Whether the hives of a Set can be decrypted with what is in it.
const (
	Opens        = "yes"
	NeedsBootKey = "needs boot key"
	BootKeyOnly  = "boot key only"
)
