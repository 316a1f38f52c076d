// Package command reads command lines: what a command copies, to where, and
// how it was disguised. It judges text only and opens nothing.
package command

import (
	"strings"

	"hivetriage/triage/technique"
)

// A Command is what a command line does to the credential hives.
type Command struct {
	Tool        string   `json:"tool"`                  // "reg.exe"; the tool's own name, also when its file was renamed
	Technique   int      `json:"technique"`             // row of technique.Catalogue
	Verb        string   `json:"verb"`                  // "save", "export", "copy", ...
	Hives       []string `json:"hives"`                 // of "SAM", "SECURITY", "SYSTEM", sorted
	Key         string   `json:"key,omitempty"`         // the registry key as it was written, decoded
	Source      string   `json:"source,omitempty"`      // the hive's file that is copied, as it was written, decoded
	Subkey      string   `json:"subkey,omitempty"`      // below the hive's root, e.g. "Policy\Secrets"
	Destination string   `json:"destination,omitempty"` // file argument as written, decoded; below the folder that the line changed to first
	Remote      string   `json:"remote,omitempty"`      // host of a \\HOST\HKLM\... key, or that a wrapper runs the command on; the file is there too
	Disguise    []string `json:"disguise,omitempty"`    // each a sentence: what was hidden and how
	Wrapper     string   `json:"wrapper,omitempty"`     // "cmd.exe /c" when this line only carries the command
	Because     []string `json:"because"`               // each a sentence naming what in the line decided
	// Impact is "export" when the command copies what credentials are made of,
	// "attempt" when it does so if it works, which the line leaves open,
	// "access" when it prepares a copy or only comes near a hive, "benign" when
	// it names a hive without copying that (a harmless subkey).
	Impact string `json:"impact"`
}

// Copies reports whether the command copies a hive, or does if it works.
func (c *Command) Copies() bool { return c.Impact == "export" || c.Impact == "attempt" }

// builtIn are tools that run in the process of their shell: of them nothing is
// recorded but the shell's own line.
var builtIn = map[string]bool{"copy": true, "type": true, "Copy-Item": true, "[IO.File]::Copy": true, "Compress-Archive": true, "Invoke-NinjaCopy": true}

// Carried reports whether the line only starts the process that does what it
// says.
func (c *Command) Carried() bool {
	shell := strings.HasPrefix(c.Wrapper, "cmd") || strings.HasPrefix(c.Wrapper, "powershell") || strings.HasPrefix(c.Wrapper, "pwsh")
	return c.Wrapper != "" && !(builtIn[c.Tool] && shell && !strings.Contains(c.Wrapper, " > "))
}

// An Output is a file that a command writes, as the line names it.
type Output struct {
	File  string
	Hives []string // that the file may hold
}

// Outputs lists the files that a command may write: its destination and,
// where that can be a folder, the file in it.
func (c *Command) Outputs() []Output {
	switch {
	case c.Destination == "":
		return nil
	case c.Technique == technique.IFM:
		folder := strings.TrimRight(c.Destination, `\/`) + `\registry\`
		return []Output{{folder + "SYSTEM", []string{"SYSTEM"}}, {folder + "SECURITY", []string{"SECURITY"}}}
	case c.Verb != "copy":
		return []Output{{c.Destination, c.Hives}}
	}
	var all []Output
	if !strings.HasSuffix(c.Destination, `\`) {
		all = append(all, Output{c.Destination, c.Hives})
	}
	for _, hive := range c.Hives {
		all = append(all, Output{strings.TrimRight(c.Destination, `\/`) + `\` + hive, []string{hive}})
	}
	return all
}
