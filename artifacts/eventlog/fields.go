package eventlog

// A field is a place in a record whose value an Event is made from.
type field uint8

const (
	noField field = iota

	// System.
	systemProvider
	systemEventID
	systemTime
	systemRecordID
	systemChannel
	systemComputer
	systemUser // these two only where all data are asked for
	systemProcess

	// EventData and UserData, by the names their providers give them.
	authenticationPackage
	channel
	commandLine
	company
	creationUtcTime
	currentDirectory
	description
	elevatedToken
	hashes
	image
	integrityLevel
	ipAddress
	ipPort
	logonID
	logonProcess
	logonType
	mandatoryLabel
	newProcessID
	newProcessName
	originalFileName
	parentCommandLine
	parentImage
	parentProcessGUID
	parentProcessID
	parentProcessName
	processGUID
	processID
	processName
	subjectDomain
	subjectLogonID
	subjectSID
	subjectUser
	targetDomain
	targetFilename
	targetLinkedLogonID
	targetLogonID
	targetSID
	targetUser
	userName
	utcTime
	workstation

	// dataName is the Name attribute of a Data element when a substitution
	// gives it; namedData is the content of such an element.
	dataName
	namedData

	fieldCount
)

// dataFields maps the names in EventData and UserData to fields. The names
// are those of the Security, Eventlog and Sysmon providers' manifests.
var dataFields = map[string]field{
	"AuthenticationPackageName": authenticationPackage,
	"Channel":                   channel,
	"CommandLine":               commandLine,
	"Company":                   company,
	"CreationUtcTime":           creationUtcTime,
	"CurrentDirectory":          currentDirectory,
	"Description":               description,
	"ElevatedToken":             elevatedToken,
	"Hashes":                    hashes,
	"Image":                     image,
	"IntegrityLevel":            integrityLevel,
	"IpAddress":                 ipAddress,
	"IpPort":                    ipPort,
	"LogonId":                   logonID,
	"LogonProcessName":          logonProcess,
	"LogonType":                 logonType,
	"MandatoryLabel":            mandatoryLabel,
	"NewProcessId":              newProcessID,
	"NewProcessName":            newProcessName,
	"OriginalFileName":          originalFileName,
	"ParentCommandLine":         parentCommandLine,
	"ParentImage":               parentImage,
	"ParentProcessGuid":         parentProcessGUID,
	"ParentProcessId":           parentProcessID,
	"ParentProcessName":         parentProcessName,
	"ProcessGuid":               processGUID,
	"ProcessId":                 processID,
	"ProcessName":               processName,
	"SubjectDomainName":         subjectDomain,
	"SubjectLogonId":            subjectLogonID,
	"SubjectUserName":           subjectUser,
	"SubjectUserSid":            subjectSID,
	"TargetDomainName":          targetDomain,
	"TargetFilename":            targetFilename,
	"TargetLinkedLogonId":       targetLinkedLogonID,
	"TargetLogonId":             targetLogonID,
	"TargetUserName":            targetUser,
	"TargetUserSid":             targetSID,
	"User":                      userName,
	"UtcTime":                   utcTime,
	"WorkstationName":           workstation,
}

// longestName is the longest name that means anything here, in characters.
const longestName = 32

// A place is the kind of element that the walk is in.
type place uint8

const (
	ignored    place = iota // nothing of interest in here
	document                // outside the root
	event                   // in Event
	system                  // in Event/System
	provider                // in Event/System/Provider
	created                 // in Event/System/TimeCreated
	security                // in Event/System/Security
	execution               // in Event/System/Execution
	eventData               // in Event/EventData
	data                    // in Event/EventData/Data
	userData                // in Event/UserData
	userRecord              // in Event/UserData/*, at any depth
)

// A frame is an open element: what its children are in, and what its own text
// means.
type frame struct {
	in    place
	field field
	told  telling
	name  span
}

// child returns the frame of the element called name inside in. whole says
// that it matters who logged the record.
func (in place) child(name []byte, whole bool) frame {
	switch in {
	case document:
		if string(name) == "Event" {
			return frame{in: event}
		}
	case event:
		switch string(name) {
		case "System":
			return frame{in: system}
		case "EventData":
			return frame{in: eventData}
		case "UserData":
			return frame{in: userData}
		}
	case system:
		switch string(name) {
		case "Provider":
			return frame{in: provider}
		case "TimeCreated":
			return frame{in: created}
		case "EventID":
			return frame{field: systemEventID}
		case "EventRecordID":
			return frame{field: systemRecordID}
		case "Channel":
			return frame{field: systemChannel}
		case "Computer":
			return frame{field: systemComputer}
		}
		switch {
		case whole && string(name) == "Security":
			return frame{in: security}
		case whole && string(name) == "Execution":
			return frame{in: execution}
		}
	case eventData:
		if string(name) == "Data" {
			return frame{in: data}
		}
	case userData:
		return frame{in: userRecord}
	case userRecord:
		return frame{in: userRecord, field: dataFields[string(name)]}
	}
	return frame{}
}

// attribute returns the field that the attribute called name sets on an
// element whose frame says in.
func (in place) attribute(name []byte) field {
	switch {
	case in == provider && string(name) == "Name":
		return systemProvider
	case in == created && string(name) == "SystemTime":
		return systemTime
	case in == data && string(name) == "Name":
		return dataName
	case in == security && string(name) == "UserID":
		return systemUser
	case in == execution && string(name) == "ProcessID":
		return systemProcess
	}
	return noField
}

// embeds reports whether a document embedded in an element of this kind can
// hold fields.
func (in place) embeds() bool {
	return in == event || in == eventData || in == userData || in == userRecord || in == document
}
