package command

import (
	"fmt"
	"strings"
)

// regOptions are the options of reg.exe save and export. Those with a value
// carry it behind a colon.
var regOptions = map[string]bool{"/y": true, "/f": true, "/c": true, "/reg:32": true, "/reg:64": true}

// A program is what a record says of the program that a line starts. Inside
// another command only argv[0] is known.
type program struct {
	image    string // full path, "" where not recorded
	original string // OriginalFileName, "" where not recorded
}

// identify reports whether argv[0], the image's name or the original file
// name is one of the names (with .exe, lower case), and what said so.
func (p program) identify(argv0 string, names ...string) (because []string, disguise string) {
	image, first := programName(p.image), programName(argv0)
	for _, name := range names {
		original := strings.EqualFold(strings.TrimSpace(p.original), name)
		switch {
		case image == name && original:
			because = append(because, fmt.Sprintf("The image is %s by its file name and by its version resource.", name))
		case image == name:
			because = append(because, fmt.Sprintf("The image is named %s.", name))
		case original:
			because = append(because, fmt.Sprintf("The version resource names %s.", name))
			if image != "" {
				disguise = fmt.Sprintf("The program is %s by its version resource but its file is named %q.", name, baseName(p.image))
			}
		case image == "" && first == name:
			because = append(because, fmt.Sprintf("The program is called as %q.", argv0))
			if how := foldedHow(argv0); how != "" {
				disguise = fmt.Sprintf("The program's name is written with %s.", how)
			}
		}
	}
	return because, disguise
}

// programName is a program's file name in lower case with its extension.
func programName(path string) string {
	name := strings.ToLower(baseName(fold(strings.Trim(path, `" `))))
	if name != "" && !strings.Contains(name, ".") {
		name += ".exe"
	}
	return name
}

// versionKnown reports whether OriginalFileName was recorded and has a value.
func versionKnown(original string) bool {
	switch strings.TrimSpace(original) {
	case "", "-", "?":
		return false
	}
	return true
}

// regCommand reads the arguments of one program call as reg.exe's. ok is
// false if it is not reg.exe's save or export of the hives.
func regCommand(p program, words []word) (c Command, ok bool) {
	if len(words) == 0 {
		return c, false
	}
	because, disguise := p.identify(words[0].text, "reg.exe")
	args := words[1:]
	isReg := len(because) > 0
	if isReg && p.image != "" && isVerb(words[0]) {
		args = words // started without its own name in front
	}
	if len(args) == 0 || !isVerb(args[0]) {
		return c, false
	}
	k, at, found := keyArgument(args[1:])
	if !found {
		return c, false
	}
	at++ // counted in args
	c = Command{Tool: "reg.exe", Verb: plain(args[0]), Hives: k.hives, Subkey: k.subkey, Remote: k.host,
		Key: fold(args[at].text), Because: because}
	if disguise != "" {
		c.Disguise = append(c.Disguise, disguise)
	}
	destination, spare := fileArgument(args[at+1:])
	c.Destination = destination
	if !isReg {
		if destination == "" {
			return c, false
		}
		byArguments(&c, p, words[0])
	}
	c.noteSpelling(words[0], args[0], args[at], k)
	c.judge(k, args, spare)
	return c, true
}

// byArguments marks a command whose program is known by its arguments only.
func byArguments(c *Command, p program, argv0 word) {
	c.Tool = "reg.exe (by its arguments)"
	name := programName(p.image)
	if name == "" {
		name = programName(argv0.text)
	}
	c.Because = append(c.Because, fmt.Sprintf(
		"%q is not named reg.exe, but its arguments are a verb, a hive and a file, as only reg.exe takes them: less certain than a name.", name))
	if versionKnown(p.original) {
		c.Because = append(c.Because, fmt.Sprintf("Its version resource names %q, so it may be another program with the same arguments.", p.original))
	}
	c.Disguise = append(c.Disguise, fmt.Sprintf("A program named %q takes the arguments of reg.exe.", name))
}

func isVerb(w word) bool {
	v := plain(w)
	return v == "save" || v == "export"
}

func plain(w word) string { return strings.ToLower(strings.TrimSpace(fold(w.text))) }

// isOption reports whether an argument is one of reg.exe's options or has
// their shape.
func isOption(w word) bool {
	o := plain(w)
	return regOptions[o] || len(o) >= 2 && len(o) <= 8 && o[0] == '/' && !strings.ContainsAny(o[1:], `/\.`)
}

// keyArgument finds the first argument that is not an option and reads it as
// a key.
func keyArgument(args []word) (k key, at int, ok bool) {
	for i, a := range args {
		if !isOption(a) {
			k, ok = parseKey(strings.TrimSpace(fold(a.text)))
			return k, i, ok
		}
	}
	return k, 0, false
}

// fileArgument returns the first argument that is not an option, and how many
// more there are.
func fileArgument(args []word) (file string, spare int) {
	for _, a := range args {
		switch {
		case isOption(a):
		case file == "":
			file = a.text
		default:
			spare++
		}
	}
	return file, spare
}

// noteSpelling adds what the words were hidden behind.
func (c *Command) noteSpelling(program, verb, keyWord word, k key) {
	for _, w := range []struct {
		what string
		word
	}{{"program's name", program}, {"verb", verb}, {"key", keyWord}} {
		if how := foldedHow(w.text); how != "" && w.what != "program's name" {
			c.Disguise = append(c.Disguise, fmt.Sprintf("The %s is written with %s: %q is %q.", w.what, how, w.text, fold(w.text)))
		}
		if quotesInside(w.raw) {
			c.Disguise = append(c.Disguise, fmt.Sprintf("The %s has quotes inside the word: %s is %q.", w.what, w.raw, fold(w.text)))
		}
	}
	c.Because = append(c.Because, k.odd...)
}

// quotesInside reports whether a written word has quotes other than one pair
// around all of it.
func quotesInside(raw string) bool {
	if len(raw) >= 2 && raw[0] == '"' && raw[len(raw)-1] == '"' {
		raw = raw[1 : len(raw)-1]
	}
	return strings.Contains(strings.Trim(raw, `"`), `"`) || strings.Contains(raw, `""`)
}

// judge sets the impact and says why.
func (c *Command) judge(k key, args []word, spare int) {
	c.Impact = "export"
	what := fmt.Sprintf("The verb %q copies %s", c.Verb, c.Key)
	switch {
	case wantsHelp(args):
		c.Impact = "benign"
		c.Because = append(c.Because, "The line asks for help (/?), so nothing is copied.")
		return
	case c.Destination == "":
		c.Impact = "benign"
		c.Because = append(c.Because, "No file is named, so reg.exe refuses the line and copies nothing.")
		return
	case k.root && c.Verb == "save":
		c.Impact = "benign"
		c.Because = append(c.Because, "reg.exe cannot save HKEY_LOCAL_MACHINE itself, only keys below it.")
		return
	case !k.secret():
		c.Impact = "benign"
		c.Because = append(c.Because, what+fmt.Sprintf(", a subkey of %s that holds no credential material.", k.hives[0]))
		return
	case k.whole():
		c.Because = append(c.Because, what+", which holds "+k.holds()+".")
	default:
		c.Because = append(c.Because, what+", a subkey of "+k.hives[0]+" which holds "+k.holds()+".")
	}
	if c.Verb == "export" {
		c.Because = append(c.Because, "The text form (.reg) keeps no class names, so it yields no boot key, and without SYSTEM's rights it holds little of SAM and SECURITY.")
	}
	if c.Remote != "" {
		c.Because = append(c.Because, fmt.Sprintf("The key is on the host %q, and the file is written there: a relative path lies in its System32.", c.Remote))
	}
	if spare > 0 {
		c.Because = append(c.Because, "The line has more arguments than reg.exe takes, so it may have been refused.")
	}
}

func wantsHelp(args []word) bool {
	for _, a := range args {
		if o := plain(a); o == "/?" || o == "-?" {
			return true
		}
	}
	return false
}
