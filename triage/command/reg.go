package command

import (
	"cmp"
	"fmt"
	"strings"

	"hivetriage/triage/technique"
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

// An identity is what a program calls itself: file names in lower case with
// their extension, "" where not recorded.
type identity struct {
	program
	argv0                 string
	imageName, calledName string
}

func (p program) identity(argv0 string) identity {
	id := identity{program: p, argv0: argv0, imageName: programName(p.image)}
	if id.imageName == "" {
		id.calledName = programName(argv0)
	}
	return id
}

// is reports whether the image's name, the original file name or, where no
// image was recorded, argv[0] is the name.
func (id identity) is(name string) bool {
	return id.imageName == name || id.calledName == name || strings.EqualFold(strings.TrimSpace(id.original), name)
}

// explain says what made is true, and what was disguised.
func (id identity) explain(name string) (because, disguise string) {
	original := strings.EqualFold(strings.TrimSpace(id.original), name)
	switch {
	case id.imageName == name && original:
		return fmt.Sprintf("The image is %s by its file name and by its version resource.", name), ""
	case id.imageName == name:
		return fmt.Sprintf("The image is named %s.", name), ""
	case original && id.imageName != "":
		return fmt.Sprintf("The version resource names %s.", name),
			fmt.Sprintf("The program is %s by its version resource but its file is named %q.", name, baseName(id.image))
	case original:
		return fmt.Sprintf("The version resource names %s.", name), ""
	}
	if how := foldedHow(id.argv0); how != "" {
		disguise = fmt.Sprintf("The program's name is written with %s.", how)
	}
	return fmt.Sprintf("The program is called as %q.", id.argv0), disguise
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
func regCommand(id identity, words []word) (c Command, ok bool) {
	args := words[1:]
	isReg := id.is("reg.exe")
	if isReg && id.image != "" && isVerb(words[0]) {
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
		Key: fold(args[at].text), Technique: technique.RegSave}
	switch {
	case k.host != "":
		c.Technique = technique.RegRemote
	case c.Verb == "export":
		c.Technique = technique.RegExport
	}
	destination, spare := fileArgument(args[at+1:])
	c.Destination = destination
	if isReg {
		because, disguise := id.explain("reg.exe")
		c.Because = append(c.Because, because)
		if disguise != "" {
			c.Disguise = append(c.Disguise, disguise)
		}
	} else if destination == "" {
		return c, false
	} else {
		c.knownByArguments(id)
	}
	c.noteSpelling(words[0], args[0], args[at], k)
	c.judge(k, args, spare)
	return c, true
}

// knownByArguments marks a command whose program is known by its arguments
// only.
func (c *Command) knownByArguments(id identity) {
	c.Tool = "reg.exe (by its arguments)"
	name := cmp.Or(id.imageName, id.calledName)
	c.Because = append(c.Because, fmt.Sprintf(
		"%q is not named reg.exe, but its arguments are a verb, a hive and a file, as only reg.exe takes them: less certain than a name.", name))
	if versionKnown(id.original) {
		c.Because = append(c.Because, fmt.Sprintf("Its version resource names %q, so it may be another program with the same arguments.", id.original))
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
