package report

import "strings"

// An answerPart is a stretch of a guide step's answer: paragraphs, or a tree
// whose lines are indented by two spaces a level.
type answerPart struct {
	Tree  bool
	Lines []answerLine
}

type answerLine struct {
	Depth int // levels of a tree
	Text  string
}

// answerParts takes an answer apart. A tree begins with the line before its
// first indented one.
func answerParts(answer string) []answerPart {
	var lines []answerLine
	for text := range strings.SplitSeq(answer, "\n") {
		bare := strings.TrimLeft(text, " ")
		if bare != "" {
			lines = append(lines, answerLine{(len(text) - len(bare)) / 2, bare})
		}
	}
	var parts []answerPart
	for i, l := range lines {
		tree := l.Depth > 0 || i+1 < len(lines) && lines[i+1].Depth > 0
		if n := len(parts); n == 0 || parts[n-1].Tree != tree {
			parts = append(parts, answerPart{Tree: tree})
		}
		last := &parts[len(parts)-1]
		last.Lines = append(last.Lines, l)
	}
	return parts
}
