// Package report renders a finished case. It decides nothing: every judgement
// it prints stands in the case.
package report

import (
	"io"

	"hivetriage/triage"
)

// TerminalOptions say what the terminal can show.
type TerminalOptions struct {
	Width int  // columns; below MinWidth, 0 included, means DefaultWidth
	Color bool // whether escape codes for colour may be written
}

// Terminal writes the case as plain text tables for a terminal.
func Terminal(w io.Writer, c *triage.Case, opt TerminalOptions) error { return nil }

// HTML writes the case as one self-contained HTML file.
func HTML(w io.Writer, c *triage.Case) error { return nil }

// JSON writes the case document, indented by two spaces.
func JSON(w io.Writer, c *triage.Case) error { return nil }

// Schema returns the JSON Schema (draft 2020-12) of the case document.
func Schema() []byte { return nil }
