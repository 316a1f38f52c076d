package command

import "strings"

// readCopy reads copy, xcopy and move: sources, then the destination; "+"
// joins sources.
func readCopy(args []word) (from []hiveFile, to string) {
	var paths []string
	for _, w := range args {
		if isOption(w) || strings.HasPrefix(plain(w), "-") {
			continue
		}
		paths = append(paths, strings.Split(w.text, "+")...)
	}
	if len(paths) == 0 {
		return nil, ""
	}
	for i, p := range paths {
		if f, ok := hiveFileOf(p); ok && (i == 0 || i < len(paths)-1) {
			from = append(from, f)
		}
	}
	if len(paths) > 1 {
		to = paths[len(paths)-1]
	}
	return from, to
}

// readLastIsTarget reads tools whose arguments are a source and a destination
// behind options, such as certutil -encodehex SOURCE FILE 2.
func readLastIsTarget(args []word) (from []hiveFile, to string) {
	for i, w := range args {
		f, ok := hiveFileOf(w.text)
		if !ok {
			continue
		}
		for _, next := range args[i+1:] {
			if !isOption(next) && !strings.HasPrefix(plain(next), "-") {
				return []hiveFile{f}, next.text
			}
		}
		return []hiveFile{f}, ""
	}
	return nil, ""
}

// readEsentutl reads /y SOURCE /d DESTINATION, whose values may be joined to
// their options.
func readEsentutl(args []word) (from []hiveFile, to string) {
	for i, w := range args {
		text := plain(w)
		switch {
		case text == "/d" && i+1 < len(args):
			to = args[i+1].text
		case strings.HasPrefix(text, "/d") && len(text) > 2:
			to = w.text[2:]
		case strings.HasPrefix(text, "/y") && len(text) > 2:
			if f, ok := hiveFileOf(w.text[2:]); ok {
				from = append(from, f)
			}
		default:
			if f, ok := hiveFileOf(w.text); ok && (i == 0 || plain(args[i-1]) != "/d") {
				from = append(from, f)
			}
		}
	}
	return from, to
}

// readPrint reads print /D:DESTINATION SOURCE.
func readPrint(args []word) (from []hiveFile, to string) {
	for _, w := range args {
		if strings.HasPrefix(plain(w), "/d:") {
			to = w.text[len("/d:"):]
		}
	}
	return hiveFiles(args), to
}

// readRobocopy reads robocopy SOURCEFOLDER DESTINATION [FILE...].
func readRobocopy(args []word) (from []hiveFile, to string) {
	var paths []string
	for _, w := range args {
		if !strings.HasPrefix(plain(w), "/") {
			paths = append(paths, w.text)
		}
	}
	if len(paths) < 2 {
		return nil, ""
	}
	where, ok := hiveFolder(paths[0])
	if !ok {
		return nil, ""
	}
	files := paths[2:]
	if len(files) == 0 {
		files = []string{"*"}
	}
	for _, name := range files {
		if hives := namedHives(strings.ToLower(name)); hives != nil {
			from = append(from, hiveFile{strings.TrimRight(paths[0], `\/`) + `\` + name, hives, where})
		}
	}
	to = strings.TrimRight(paths[1], `\/`) + `\`
	return from, to
}

// readArchiver reads a call that puts files into an archive: the archive is
// the first path that is not a hive's file.
func readArchiver(args []word) (from []hiveFile, to string) {
	for i, w := range args {
		if f, ok := hiveFileOf(w.text); ok {
			from = append(from, f)
			continue
		}
		if i > 0 && to == "" && !strings.HasPrefix(plain(w), "-") && !strings.HasPrefix(plain(w), "/") {
			to = w.text
		}
	}
	return from, to
}

// readRawCopy reads /FileNamePath:SOURCE /OutputPath:FOLDER [/OutputName:NAME].
func readRawCopy(args []word) (from []hiveFile, to string) {
	folder, name := "", ""
	for _, w := range args {
		option, value, found := strings.Cut(w.text, ":")
		if !found {
			continue
		}
		switch strings.ToLower(option) {
		case "/filenamepath":
			if f, ok := hiveFileOf(value); ok {
				from = append(from, f)
			}
		case "/outputpath":
			folder = strings.TrimRight(value, `\/`)
		case "/outputname":
			name = value
		}
	}
	if len(from) > 0 && folder != "" {
		if name == "" {
			name = baseName(from[0].path)
		}
		to = folder + `\` + name
	}
	return from, to
}

// readCopyItem reads a cmdlet with -Path and -Destination or their like, by
// name or by position.
func readCopyItem(args []word) (from []hiveFile, to string) {
	var position []string
	for i := 0; i < len(args); i++ {
		name := plain(args[i])
		if !strings.HasPrefix(name, "-") {
			position = append(position, args[i].text)
			continue
		}
		takes := func(full string) bool { return len(name) > 2 && strings.HasPrefix(full, name) }
		switch {
		case i+1 >= len(args):
		case takes("-destination"), takes("-localdestination"), takes("-destinationpath"):
			to = args[i+1].text
			i++
		case takes("-path"), takes("-literalpath"), takes("-pspath"):
			position = append([]string{args[i+1].text}, position...)
			i++
		}
	}
	for _, p := range position {
		if f, ok := hiveFileOf(p); ok {
			from = append(from, f)
		} else if to == "" && len(from) > 0 {
			to = p
		}
	}
	return from, to
}
