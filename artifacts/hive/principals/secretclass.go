package principals

import "strings"

// A SecretClass says what an LSA secret is for, as its name tells.
type SecretClass string

// The classes. OtherSecret is a name that is not known.
const (
	MachineAccount    SecretClass = "machine account"     // $MACHINE.ACC: the computer's password; on a domain controller domain-wide
	ServiceAccount    SecretClass = "service account"     // _SC_<service>: the password of its ObjectName
	GroupManaged      SecretClass = "gMSA"                // _SC_GMSA_…
	AutoLogon         SecretClass = "auto-logon"          // DefaultPassword: present, perhaps empty, on plain Windows 10
	SecurityQuestions SecretClass = "security questions"  // L$_SQSA_<SID>
	DPAPI             SecretClass = "DPAPI"               // DPAPI_SYSTEM: what the machine and SYSTEM protect
	CacheKey          SecretClass = "cached logons' key"  // NL$KM
	RemoteAccess      SecretClass = "remote access"       // Ras…: VPN and dial-up
	ASPNET            SecretClass = "ASP.NET worker"      // aspnet_WP_PASSWORD
	ServiceControl    SecretClass = "service control"     // SCM:{…}
	Trust             SecretClass = "domain trust"        // G$<domain>
	TerminalServer    SecretClass = "terminal server key" // L$HYDRAENCKEY…
	OtherSecret       SecretClass = "other"
)

// secretClasses are the names, in lower case, and what follows a prefix is the
// owner. The first that fits counts.
var secretClasses = []struct {
	name    string
	prefix  bool
	class   SecretClass
	subject bool
}{
	{"$machine.acc", false, MachineAccount, false},
	{"defaultpassword", false, AutoLogon, false},
	{"dpapi_system", false, DPAPI, false},
	{"nl$km", false, CacheKey, false},
	{"aspnet_wp_password", false, ASPNET, false},
	{"_sc_gmsa_dpapi_", true, GroupManaged, true},
	{"_sc_gmsa_", true, GroupManaged, true},
	{"_sc_", true, ServiceAccount, true},
	{"l$_sqsa_", true, SecurityQuestions, true},
	{"rascredentials!", true, RemoteAccess, true},
	{"rasdialparams!", true, RemoteAccess, true},
	{"l$rasdefaultcredentials", true, RemoteAccess, false},
	{"l$hydraenckey", true, TerminalServer, false},
	{"scm:", true, ServiceControl, true},
	{"g$", true, Trust, true},
}

// secretClass tells what a secret is for and whose.
func secretClass(name string) (class SecretClass, subject string) {
	for _, c := range secretClasses {
		n := len(c.name)
		if len(name) < n || !strings.EqualFold(name[:n], c.name) || !c.prefix && len(name) > n {
			continue
		}
		if !c.subject {
			return c.class, ""
		}
		subject = name[n:]
		if c.class == RemoteAccess {
			subject, _, _ = strings.Cut(subject, "#")
		}
		return c.class, subject
	}
	return OtherSecret, ""
}
