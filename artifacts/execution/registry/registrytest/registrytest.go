// Package registrytest writes, for tests, the keys in which Windows keeps what
// a computer ran, is to run and had attached, from the formats' descriptions
// (winreg-kb, winreg-tasks) and without the reader under test. Keys are rooted
// at their hive's root: write them alone with Hive, or give them to
// hivetest.Host.More.
package registrytest

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/internal/windows"
)

var le = binary.LittleEndian

// Hive returns a hive as Windows keeps it that holds the keys below root.
func Hive(root *hivetest.Key) []byte { return hivetest.Write(root, hivetest.Options{}) }

// Select is the key that says which control set is the current one.
func Select(current uint32) *hivetest.Key {
	return &hivetest.Key{Name: "Select", Values: []hivetest.Value{hivetest.Number("Current", current)}}
}

// At returns a root key below which the given keys stand at a path.
func At(path string, keys ...*hivetest.Key) *hivetest.Key {
	names := strings.Split(path, `\`)
	for _, name := range slices.Backward(names) {
		keys = []*hivetest.Key{{Name: name, Keys: keys}}
	}
	return &hivetest.Key{Name: "ROOT", Keys: keys}
}

// Binary is a REG_BINARY value.
func Binary(name string, data []byte) hivetest.Value {
	return hivetest.Value{Name: name, Type: hivetest.Binary, Data: data}
}

// Quad is a REG_QWORD value.
func Quad(name string, n uint64) hivetest.Value {
	return hivetest.Value{Name: name, Type: hivetest.QWord, Data: le.AppendUint64(nil, n)}
}

func filetime(b []byte, t time.Time) []byte {
	return le.AppendUint64(b, windows.ToFiletime(t))
}

// texts are the values of m that are not empty, by name.
func texts(m map[string]string) []hivetest.Value {
	var values []hivetest.Value
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if m[name] != "" {
			values = append(values, hivetest.Text(name, m[name]))
		}
	}
	return values
}

// A File is an entry of Amcache.
type File struct {
	Path      string // `c:\users\public\r.exe`
	SHA1      string // 40 digits
	Size      uint64
	Original  string // OriginalFileName
	Publisher string
	Product   string
	Version   string
	Linked    time.Time
	Inventory time.Time // the key's last written
	Created   time.Time // only Root\File keeps it
	Modified  time.Time // and this
}

func (f File) name() string { return f.Path[strings.LastIndexByte(f.Path, '\\')+1:] }

const linkDate = "01/02/2006 15:04:05"

// Amcache is an Amcache.hve of Windows 10 with the files given.
func Amcache(files ...File) *hivetest.Key {
	list := &hivetest.Key{Name: "InventoryApplicationFile"}
	for i, f := range files {
		values := texts(map[string]string{
			"LowerCaseLongPath": strings.ToLower(f.Path), "Name": f.name(), "FileId": "0000" + f.SHA1, "OriginalFileName": f.Original,
			"Publisher": f.Publisher, "ProductName": f.Product, "Version": f.Version, "BinFileVersion": f.Version,
			"LinkDate": f.Linked.UTC().Format(linkDate), "ProgramId": fmt.Sprintf("0006%040d", i), "BinaryType": "pe64_amd64"})
		list.Keys = append(list.Keys, &hivetest.Key{Name: fmt.Sprintf("%s|%016x", strings.ToLower(f.name()), i), Time: f.Inventory,
			Values: append(values, Quad("Size", f.Size), hivetest.Number("IsPeFile", 1))})
	}
	return At("Root", list)
}

// AmcacheDrivers is an Amcache.hve with drivers.
func AmcacheDrivers(files ...File) *hivetest.Key {
	list := &hivetest.Key{Name: "InventoryDriverBinary"}
	for _, f := range files {
		values := texts(map[string]string{"DriverName": f.name(), "DriverId": "0000" + f.SHA1, "DriverCompany": f.Publisher,
			"DriverVersion": f.Version, "Product": f.Product, "DriverLastWriteTime": f.Modified.UTC().Format(linkDate)})
		list.Keys = append(list.Keys, &hivetest.Key{Name: strings.ReplaceAll(strings.ToLower(f.Path), `\`, "/"), Time: f.Inventory,
			Values: append(values, hivetest.Number("DriverTimeStamp", uint32(f.Linked.Unix())), hivetest.Number("DriverSigned", 1))})
	}
	return At("Root", list)
}

// AmcacheEight is an Amcache.hve of Windows 8 or 2012 R2: files of one volume
// whose MFT entries are 100, 101, ... of sequence 7.
func AmcacheEight(volume string, files ...File) *hivetest.Key {
	list := &hivetest.Key{Name: volume}
	for i, f := range files {
		values := texts(map[string]string{"0": f.Product, "1": f.Publisher, "5": f.Version, "15": f.Path, "101": "0000" + f.SHA1})
		values = append(values, hivetest.Number("6", uint32(f.Size)), hivetest.Number("f", uint32(f.Linked.Unix())),
			Quad("11", windows.ToFiletime(f.Modified)), Quad("12", windows.ToFiletime(f.Created)), Quad("17", windows.ToFiletime(f.Modified)))
		list.Keys = append(list.Keys, &hivetest.Key{Name: fmt.Sprintf("7%012x", 100+i), Time: f.Inventory, Values: values})
	}
	return At(`Root\File`, list)
}
