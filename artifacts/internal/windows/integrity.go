package windows

// IntegrityLevel names the level of a mandatory label SID (winnt.h,
// SECURITY_MANDATORY_*_RID) as Sysmon does; other text stays as it is.
func IntegrityLevel(label string) string {
	switch label {
	case "S-1-16-0":
		return "Untrusted"
	case "S-1-16-4096":
		return "Low"
	case "S-1-16-8192":
		return "Medium"
	case "S-1-16-8448":
		return "MediumPlus"
	case "S-1-16-12288":
		return "High"
	case "S-1-16-16384":
		return "System"
	case "S-1-16-20480":
		return "ProtectedProcess"
	}
	return label
}
