// Package eventlogtest writes Windows event logs (EVTX) from the format's
// specification, for tests and fixtures. It is independent of the reader.
//
// Facts about the format are those of libyal's "Windows XML Event Log (EVTX)
// format" and of logs that Windows itself wrote. All integers are
// little-endian, all text is UTF-16LE.
package eventlogtest

import "time"

// A Type is a BinXML value type, with the number that the format gives it.
type Type uint8

// The value types that event records use.
const (
	Null     Type = 0x00
	String   Type = 0x01 // string; UTF-16LE, no terminator
	UInt8    Type = 0x04
	UInt16   Type = 0x06
	UInt32   Type = 0x08
	UInt64   Type = 0x0a
	Boolean  Type = 0x0d // bool; 4 bytes
	Binary   Type = 0x0e // []byte
	GUID     Type = 0x0f // string "{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}"
	Pointer  Type = 0x10 // integer; the template says Pointer and the value HexInt64, as 64-bit Windows does
	FileTime Type = 0x11 // time.Time
	SID      Type = 0x13 // string "S-1-..."
	HexInt32 Type = 0x14
	HexInt64 Type = 0x15
	binXML   Type = 0x21
)

// A Field is one named value of a record. Value has the Go type that Type
// names, any Go integer type for the integer types, or is nil for a value
// that is not there (type Null, length 0, in an optional slot).
type Field struct {
	Name  string
	Type  Type
	Value any
}

// A Record is one event. The zero values of the optional fields are what most
// records of Windows have.
type Record struct {
	Provider     string
	ProviderGUID string // "{...}"; "" for none
	ID           uint16 // System/EventID
	Version      uint8
	Level        uint8
	Opcode       uint8
	Task         uint16
	Keywords     uint64
	Time         time.Time // System/TimeCreated and the record header's time
	RecordID     uint64    // System/EventRecordID; 0 is the one after the last record's
	Channel      string
	Computer     string
	UserSID      string // System/Security UserID; "" for none
	PID, TID     uint32 // System/Execution
	ActivityID   string // System/Correlation; "" for none

	Data     []Field   // EventData
	UserData *UserData // in place of Data
	Inline   bool      // BinXML without a template: every value is text
}

// UserData is the element that some providers write in place of EventData.
type UserData struct {
	Element   string
	Namespace string // xmlns; "" for none
	Fields    []Field
}
