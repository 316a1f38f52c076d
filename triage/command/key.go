package command

import "strings"

// A key is a registry key that a command names.
type key struct {
	host   string   // of \\HOST\..., "" for this computer
	hives  []string // "SAM", "SECURITY", "SYSTEM", sorted
	subkey string   // below the hive's root, "" for the whole hive
	root   bool     // all of HKEY_LOCAL_MACHINE
	odd    []string // unusual spelling, each a sentence
}

// Where the secrets are. A key in one of these lists, below an entry that
// ends in `\`, or above any entry holds what credentials are made of.
var secretKeys = map[string][]string{
	"SAM": {`sam`, `sam\domains`, `sam\domains\`},
	"SECURITY": {`policy`, `policy\secrets`, `policy\secrets\`, `policy\poleklist`, `policy\polsecretencryptionkey`,
		`cache`, `sam`, `sam\domains`, `sam\domains\`},
	"SYSTEM": {`control\lsa`, `control\lsa\jd`, `control\lsa\skew1`, `control\lsa\gbg`, `control\lsa\data`},
}

// parseKey reads the key argument of reg.exe, already folded. ok is false for
// any other key than the three hives, what is below them, and their parent.
func parseKey(text string) (k key, ok bool) {
	if strings.Contains(text, "/") {
		k.odd = append(k.odd, "The key is written with forward slashes.")
		text = strings.ReplaceAll(text, "/", `\`)
	}
	if strings.HasPrefix(text, `\\`) {
		host, rest, found := strings.Cut(strings.TrimLeft(text, `\`), `\`)
		if !found || host == "" {
			return k, false
		}
		k.host, text = host, rest
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '\\' })
	if strings.Contains(text, `\\`) {
		k.odd = append(k.odd, "The key is written with doubled backslashes.")
	}
	if len(parts) > 1 && strings.HasSuffix(text, `\`) {
		k.odd = append(k.odd, "The key ends in a backslash.")
	}
	if len(parts) == 0 || !isLocalMachine(parts[0], &k) {
		return k, false
	}
	if len(parts) == 1 {
		k.root, k.hives = true, []string{"SAM", "SECURITY", "SYSTEM"}
		return k, true
	}
	hive := strings.ToUpper(strings.TrimSpace(parts[1]))
	if _, known := secretKeys[hive]; !known {
		return k, false
	}
	k.hives, k.subkey = []string{hive}, strings.Join(parts[2:], `\`)
	return k, true
}

func isLocalMachine(root string, k *key) bool {
	name := strings.ToLower(strings.TrimSpace(root))
	if rest, found := strings.CutPrefix(name, "registry::"); found || strings.HasSuffix(name, ":") {
		name = strings.TrimSuffix(rest, ":")
		k.odd = append(k.odd, "The key is written as PowerShell names it, which reg.exe itself refuses.")
	}
	return name == "hklm" || name == "hkey_local_machine"
}

// whole reports whether the key is a hive's root or everything.
func (k key) whole() bool { return k.subkey == "" }

// secret reports whether the key holds what credentials are made of.
func (k key) secret() bool {
	if k.whole() {
		return true
	}
	path := strings.ToLower(k.subkey)
	if k.hives[0] == "SYSTEM" {
		set, rest, _ := strings.Cut(path, `\`)
		if !isControlSet(set) {
			return false
		}
		if path = rest; path == "" {
			return true
		}
	}
	for _, entry := range secretKeys[k.hives[0]] {
		entry = strings.ToLower(entry)
		if path == entry || strings.HasPrefix(entry, path+`\`) ||
			strings.HasSuffix(entry, `\`) && strings.HasPrefix(path, entry) {
			return true
		}
	}
	return false
}

// isControlSet reports whether a key below SYSTEM is a control set.
func isControlSet(name string) bool {
	digits, found := strings.CutPrefix(name, "controlset")
	if !found {
		return name == "currentcontrolset" || name == "clone"
	}
	return len(digits) == 3 && strings.Trim(digits, "0123456789") == ""
}

// holds says in words what the key's secrets are, for a key that has them.
func (k key) holds() string {
	switch {
	case k.root:
		return "all of HKEY_LOCAL_MACHINE and so SAM, SECURITY and SYSTEM"
	case k.hives[0] == "SAM":
		return "the credentials of local accounts"
	case k.hives[0] == "SECURITY" && hasPrefixFold(k.subkey, "sam"):
		return "the credentials of local accounts (a link to SAM)"
	case k.hives[0] == "SECURITY":
		return "LSA secrets and cached domain credentials"
	}
	return "the boot key that SAM and SECURITY are encrypted with"
}
