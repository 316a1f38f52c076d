// Package command reads command lines: what a command copies, to where, and
// how it was disguised. It judges text only and opens nothing.
package command

// A Command is what a command line does to the credential hives.
type Command struct {
	Tool        string   `json:"tool"`                  // "reg.exe"; the tool's own name, also when its file was renamed
	Verb        string   `json:"verb"`                  // "save" or "export"
	Hives       []string `json:"hives"`                 // of "SAM", "SECURITY", "SYSTEM", sorted
	Key         string   `json:"key"`                   // the registry key as it was written, decoded
	Subkey      string   `json:"subkey,omitempty"`      // below the hive's root, e.g. "Policy\Secrets"
	Destination string   `json:"destination,omitempty"` // file argument as written, decoded; below the folder that the line changed to first
	Remote      string   `json:"remote,omitempty"`      // host of a \\HOST\HKLM\... key, or that a wrapper runs the command on; the file is there too
	Disguise    []string `json:"disguise,omitempty"`    // each a sentence: what was hidden and how
	Wrapper     string   `json:"wrapper,omitempty"`     // "cmd.exe /c" when this line only carries the command
	Because     []string `json:"because"`               // each a sentence naming what in the line decided
	// Impact is "export" when the command copies what credentials are made of,
	// "benign" when it names a hive without copying that (a harmless subkey).
	Impact string `json:"impact"`
}
