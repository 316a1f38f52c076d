package sigma

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"unicode/utf16"
)

// maxDashes is how many dashes of a value are exchanged before it is encoded:
// each makes five values of one.
const maxDashes = 3

// encoded returns the texts that stand for a value after its encodings.
func encoded(atoms []atom, encodings []string) ([]string, error) {
	texts, err := spelled(atoms)
	if err != nil {
		return nil, err
	}
	for _, name := range encodings {
		var next []string
		for _, t := range texts {
			switch name {
			case "wide":
				next = append(next, string(inUTF16(binary.LittleEndian, t)))
			case "utf16be":
				next = append(next, string(inUTF16(binary.BigEndian, t)))
			case "utf16":
				next = append(next, "\xFF\xFE"+string(inUTF16(binary.LittleEndian, t)))
			case "base64":
				next = append(next, base64.StdEncoding.EncodeToString([]byte(t)))
			case "base64offset":
				next = append(next, offsets(t)...)
			}
		}
		texts = next
	}
	return texts, nil
}

// spelled returns the texts that a pattern without wildcards stands for: one
// for each way of writing its dashes.
func spelled(atoms []atom) ([]string, error) {
	texts, n := []string{""}, 0
	for _, a := range atoms {
		switch a.kind {
		case literal:
			for i := range texts {
				texts[i] += a.literal
			}
		case dash:
			if n++; n > maxDashes {
				return nil, fmt.Errorf("more than %d dashes are exchanged in a value that is encoded", maxDashes)
			}
			var next []string
			for _, t := range texts {
				for _, d := range dashes {
					next = append(next, t+d)
				}
			}
			texts = next
		default:
			return nil, fmt.Errorf("a value with a wildcard cannot be encoded")
		}
	}
	return texts, nil
}

func inUTF16(order binary.AppendByteOrder, s string) (out []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

// offsets returns what of a text's Base64 form is the same wherever it stands
// in a longer text, for each of its three positions modulo 3. A Base64
// character that also holds bits of a neighbour is left out.
func offsets(s string) (out []string) {
	for before := range 3 {
		text := base64.StdEncoding.EncodeToString(append(make([]byte, before), s...))
		from := []int{0, 2, 3}[before]
		to := len(text) - []int{0, 3, 2}[(before+len(s))%3]
		if from < to {
			out = append(out, text[from:to])
		}
	}
	return out
}
