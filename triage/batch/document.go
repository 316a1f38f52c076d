package batch

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// Bounds of what is read back. A folder of a shard may come from anywhere.
const (
	maxRecord    = 64 << 20  // bytes of the record of a batch
	maxStatus    = 1 << 20   // bytes of the status of a host's run
	maxDocument  = 256 << 20 // bytes of a host's case
	maxFootprint = 128 << 20 // bytes of a host's footprint
	maxOutput    = 4 << 30   // bytes of any other output of a host, which are not looked at
	maxWeight    = 384 << 20 // bytes that a document takes in memory, about
	maxNesting   = 64        // objects and lists in one another
)

// readJSON reads one document from a regular file of at most limit bytes, name
// being its path in folder. The error names the file, and the offset of what is
// wrong in it where that is known; it is fs.ErrNotExist where there is no file.
func readJSON(folder, name string, limit int64, into any) error {
	text, err := readFile(folder, name, limit)
	path := filepath.Join(folder, name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return fmt.Errorf("%s cannot be read: %s", path, cause(err))
	}
	if err := weigh(text, reflect.TypeOf(into).Elem()); err != nil {
		return fmt.Errorf("%s cannot be read: %w", path, err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s cannot be read: %s%s", path, offsetIn(err), shortened(err.Error(), maxErrors))
	}
	return nil
}

// offsetIn says where in a text an error of the decoder lies.
func offsetIn(err error) string {
	var syntax *json.SyntaxError
	var other *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("at byte %d: ", syntax.Offset)
	case errors.As(err, &other):
		return fmt.Sprintf("at byte %d: ", other.Offset)
	}
	return ""
}

// readFile reads a regular file of at most limit bytes in folder.
func readFile(folder, name string, limit int64) ([]byte, error) {
	f, info, err := openFile(folder, name, limit)
	if err != nil {
		return nil, err
	}
	defer f.Close() // opened read-only: there is nothing to lose
	text := make([]byte, info.Size())
	n, err := io.ReadFull(f, text)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return text[:n], nil // it has just become shorter
	}
	return text, err
}

// openFile opens a regular file of at most limit bytes in folder to read it.
// Links are not followed below the folder, and what is no file is not waited
// for.
func openFile(folder, name string, limit int64) (*os.File, fs.FileInfo, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close() // nothing is written through it
	if err := straight(root, name); err != nil {
		return nil, nil, err
	}
	f, err := root.OpenFile(name, os.O_RDONLY|noWait, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = errors.New("it is no regular file")
	case info.Size() > limit:
		err = fmt.Errorf("it has %d bytes, and at most %d are read", info.Size(), limit)
	default:
		return f, info, nil
	}
	return nil, nil, errors.Join(err, f.Close())
}

// straight refuses a path that a link or anything but a file is on.
func straight(root *os.Root, name string) error {
	parts := strings.Split(filepath.ToSlash(name), "/")
	for i := range parts {
		path := filepath.Join(parts[:i+1]...)
		info, err := root.Lstat(path)
		switch {
		case err != nil:
			return err
		case i < len(parts)-1 && !info.IsDir():
			return fmt.Errorf("%s is no folder but a %s", filepath.ToSlash(path), kindOf(info))
		case i == len(parts)-1 && !info.Mode().IsRegular():
			return fmt.Errorf("it is no regular file but a %s", kindOf(info))
		}
	}
	return nil
}

// kindOf names what is not what it should be.
func kindOf(info fs.FileInfo) string {
	switch {
	case info.IsDir():
		return "folder"
	case info.Mode().IsRegular():
		return "file"
	}
	return kindOfMode(info.Mode())
}

// A scale tells how much room a text of JSON takes once it is decoded, before
// it is: a few bytes may stand for a large struct. A text that is no JSON is
// weighed as far as it looks like it, and is refused by the decoder.
type scale struct {
	text   []byte // with its quotation marks
	stack  []layer
	key    reflect.Type // of the value that comes next in an object
	fields map[reflect.Type]map[string]reflect.Type
	total  int64
}

// A layer is an object or a list that is not closed yet. Of one that the decoder
// passes over the type is nil.
type layer struct {
	kind reflect.Type
	list bool
}

// weigh refuses a text that takes more room than maxWeight, or nests more than
// maxNesting deep, when it is decoded into a value of the type.
func weigh(text []byte, into reflect.Type) error {
	s := scale{key: into, fields: map[reflect.Type]map[string]reflect.Type{}}
	return s.weigh(text)
}

func (s *scale) weigh(text []byte) error {
	for at := 0; at < len(text); at++ {
		switch c := text[at]; c {
		case ' ', '\t', '\n', '\r', ':', ',':
			continue
		case '}', ']':
			if len(s.stack) > 0 {
				s.stack = s.stack[:len(s.stack)-1]
			}
			continue
		case '{', '[':
			s.open(c == '[')
		case '"':
			end := closing(text, at+1)
			s.text = text[at:end]
			if !s.named(followed(text, end)) {
				s.value()
				s.total += int64(end - at)
			}
			at = end - 1
		default:
			s.value()
			for at+1 < len(text) && !strings.ContainsRune(" \t\r\n,:{}[]\"", rune(text[at+1])) {
				at++
			}
		}
		if s.total > maxWeight {
			return fmt.Errorf("at byte %d: it would take more than %d bytes of memory", at, int64(maxWeight))
		}
		if len(s.stack) > maxNesting {
			return fmt.Errorf("at byte %d: it nests more than %d deep", at, maxNesting)
		}
	}
	return nil
}

// value takes the room of a value that begins, and tells its type.
func (s *scale) value() reflect.Type {
	kind := s.key
	if len(s.stack) == 0 {
		return kind
	}
	if top := s.stack[len(s.stack)-1]; top.list {
		kind = nil
		if top.kind != nil {
			kind = top.kind.Elem()
			s.total += int64(kind.Size())
		}
	}
	for kind != nil && kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
		s.total += int64(kind.Size())
	}
	return kind
}

// open enters an object or a list.
func (s *scale) open(list bool) {
	kind := s.value()
	switch {
	case kind == nil:
	case list && kind.Kind() != reflect.Slice && kind.Kind() != reflect.Array, !list && kind.Kind() != reflect.Struct && kind.Kind() != reflect.Map:
		kind = nil
	}
	s.stack = append(s.stack, layer{kind, list})
}

// named takes a text that is the name of what follows in an object, and reports
// whether it is one.
func (s *scale) named(colon bool) bool {
	if len(s.stack) == 0 || s.stack[len(s.stack)-1].list || !colon {
		return false
	}
	s.key = nil
	kind := s.stack[len(s.stack)-1].kind
	switch {
	case kind == nil:
	case kind.Kind() == reflect.Map:
		s.key = kind.Elem()
		s.total += int64(kind.Elem().Size()) + int64(len(s.text)) + mapSlot
	default:
		s.key = s.field(kind)
	}
	return true
}

// mapSlot is about what an entry of a map takes beside its parts, bytes.
const mapSlot = 64

// field is the type of a struct's field by its quoted name, as encoding/json
// finds it: in any case; nil where there is none.
func (s *scale) field(kind reflect.Type) reflect.Type {
	fields := s.fields[kind]
	if fields == nil {
		fields = map[string]reflect.Type{}
		for _, f := range reflect.VisibleFields(kind) {
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.IsExported() && tag != "-" {
				fields[strings.ToLower(cmp.Or(tag, f.Name))] = f.Type
			}
		}
		s.fields[kind] = fields
	}
	name := s.text[1:max(len(s.text)-1, 1)]
	if found, ok := fields[string(name)]; ok {
		return found
	}
	var unquoted string
	if json.Unmarshal(s.text, &unquoted) != nil {
		return nil
	}
	for name, found := range fields {
		if strings.EqualFold(name, unquoted) {
			return found
		}
	}
	return nil
}

// closing is the offset after the text that begins at an offset, without its
// first quotation mark.
func closing(text []byte, at int) int {
	for ; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(text)
}

// followed reports whether a colon comes next.
func followed(text []byte, at int) bool {
	for ; at < len(text); at++ {
		switch text[at] {
		case ' ', '\t', '\n', '\r':
		default:
			return text[at] == ':'
		}
	}
	return false
}
