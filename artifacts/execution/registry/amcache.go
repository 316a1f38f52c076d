package registry

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

// hashedBytes is how much of a file the SHA-1 of Amcache covers: the first
// 31 MiB. Of larger files it is not the SHA-1.
const hashedBytes = 31457280

const inventoried = "inventoried (key last written)" // not when it ran

// Amcache yields the programs and drivers that an Amcache.hve lists: the
// inventories of Windows 10 and 11 (Root\InventoryApplicationFile and
// InventoryDriverBinary) and the older Root\File of Windows 8 and 2012 R2.
//
// Existed: an entry means that the file stood there when an inventory was
// taken, not that it ran. SHA1 is that of the first 31457280 bytes, as
// SHA1Covers says. LinkDate is the linker's time in the file, UTC.
func Amcache(root hive.Node) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		for _, inventory := range []struct {
			path string
			read func(hive.Node, string, func(artifacts.Trace, error) bool) bool
		}{
			{`Root\InventoryApplicationFile`, inventoryFile},
			{`Root\InventoryDriverBinary`, inventoryDriver},
			{`Root\File`, volumeFiles},
		} {
			list, ok := hive.Find(root, inventory.path)
			if !ok {
				continue
			}
			for key := range list.Children() {
				if !inventory.read(key, inventory.path+`\`+key.Name(), yield) {
					return
				}
			}
		}
	}
}

// Values of InventoryApplicationFile that become details as they are.
var inventoryDetails = []string{"Name", "OriginalFileName", "LinkDate", "ProductName", "Publisher", "Version", "BinFileVersion", "BinProductVersion", "BinaryType", "ProgramId"}

func inventoryFile(key hive.Node, path string, yield func(artifacts.Trace, error) bool) bool {
	e := open(key, path, append([]string{"LowerCaseLongPath", "FileId", "Size"}, inventoryDetails...)...)
	t := e.trace(InAmcache, artifacts.Existed)
	t.Program = e.text("LowerCaseLongPath")
	if t.Program == "" {
		t.Program = e.text("Name")
	}
	size, sized := e.number("Size")
	hashDetails(&t, e.text("FileId"), size, sized)
	for _, name := range inventoryDetails {
		t.AddDetail(name, e.text(name))
	}
	t.AddTime(key.LastWritten(), inventoried)
	return e.give(t, yield)
}

// Values of InventoryDriverBinary that become details as they are.
var driverDetails = []string{"DriverName", "DriverCompany", "DriverVersion", "DriverLastWriteTime", "Product", "ProductVersion", "Service", "Inf"}

// driverWritten is how DriverLastWriteTime is written, in UTC.
const driverWritten = "01/02/2006 15:04:05"

// inventoryDriver reads a driver; the key is named by its path.
func inventoryDriver(key hive.Node, path string, yield func(artifacts.Trace, error) bool) bool {
	e := open(key, path, append([]string{"DriverId", "DriverTimeStamp", "DriverSigned"}, driverDetails...)...)
	t := e.trace(InAmcache, artifacts.Existed)
	t.Program = strings.ReplaceAll(key.Name(), "/", `\`)
	t.AddDetail("Kind", "driver")
	hashDetails(&t, e.text("DriverId"), 0, false)
	if linked, ok := e.number("DriverTimeStamp"); ok {
		t.AddDetail("LinkDate", linkDate(linked))
	}
	if signed, ok := e.number("DriverSigned"); ok {
		t.AddDetail("DriverSigned", strconv.FormatUint(signed, 10))
	}
	for _, name := range driverDetails {
		t.AddDetail(name, e.text(name))
	}
	if at, err := time.Parse(driverWritten, e.text("DriverLastWriteTime")); err == nil {
		t.AddTime(at, fileModified)
	}
	t.AddTime(key.LastWritten(), inventoried)
	return e.give(t, yield)
}

// Names of values in Root\File, which are numbers in hexadecimal; what they
// hold is from Y. Khatri's study of Windows 8's Amcache.hve.
var fileDetails = []struct{ value, name string }{
	{"0", "ProductName"}, {"1", "Publisher"}, {"5", "BinFileVersion"}, {"c", "FileDescription"}, {"100", "ProgramId"},
}

// volumeFiles reads the files of one volume: subkeys named by their file
// reference in the MFT.
func volumeFiles(volume hive.Node, path string, yield func(artifacts.Trace, error) bool) bool {
	for key := range volume.Children() {
		if !volumeFile(volume.Name(), key, path+`\`+key.Name(), yield) {
			return false
		}
	}
	return true
}

func volumeFile(volume string, key hive.Node, path string, yield func(artifacts.Trace, error) bool) bool {
	e := open(key, path, "0", "1", "5", "6", "c", "f", "11", "12", "15", "17", "100", "101")
	t := e.trace(InAmcache, artifacts.Existed)
	t.Program = e.text("15")
	size, sized := e.number("6")
	hashDetails(&t, e.text("101"), size, sized)
	if linked, ok := e.number("f"); ok {
		t.AddDetail("LinkDate", linkDate(linked))
	}
	for _, d := range fileDetails {
		t.AddDetail(d.name, e.text(d.value))
	}
	t.AddDetail("Volume", volume)
	if reference, err := strconv.ParseUint(key.Name(), 16, 64); err == nil {
		t.AddDetail("FileReference", fmt.Sprintf("%d-%d", reference&(1<<48-1), reference>>48))
	}
	t.AddTime(e.filetime("12"), "file created")
	modified := e.filetime("11")
	t.AddTime(modified, fileModified)
	if again := e.filetime("17"); !again.Equal(modified) {
		t.AddTime(again, "file modified (second record)")
	}
	t.AddTime(key.LastWritten(), inventoried)
	return e.give(t, yield)
}

// hashDetails tells the SHA-1 of a FileId ("0000" and 40 digits), what it
// covers, and the file's size.
func hashDetails(t *artifacts.Trace, id string, size uint64, sized bool) {
	if hash, ok := strings.CutPrefix(id, "0000"); ok && len(hash) == 40 {
		t.AddDetail("SHA1", strings.ToLower(hash))
		covers := fmt.Sprintf("the first %d bytes", hashedBytes)
		if sized && size <= hashedBytes {
			covers += ", which is the whole file"
		}
		t.AddDetail("SHA1Covers", covers)
	}
	if sized {
		t.AddDetail("Size", strconv.FormatUint(size, 10))
	}
}

// linkDate writes the linker's time of a PE header, seconds since 1970, as
// InventoryApplicationFile does.
func linkDate(seconds uint64) string {
	if seconds == 0 {
		return ""
	}
	return time.Unix(int64(uint32(seconds)), 0).UTC().Format(driverWritten)
}
