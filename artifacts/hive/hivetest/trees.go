package hivetest

// Write returns the hive file of the tree below root.
func Write(root *Key, o Options) []byte { return nil }

// SAM returns the host's SAM.
func SAM(h Host, p Profile) []byte { return nil }

// SECURITY returns the host's SECURITY.
func SECURITY(h Host, p Profile) []byte { return nil }

// SYSTEM returns the host's SYSTEM.
func SYSTEM(h Host, p Profile) []byte { return nil }

// SOFTWARE returns the host's SOFTWARE.
func SOFTWARE(h Host, p Profile) []byte { return nil }

// Decoys: hives that are none of the above.

// Empty returns a hive with a root key alone.
func Empty(h Host, p Profile) []byte { return nil }

// NTUSER returns a user's hive.
func NTUSER(h Host, p Profile) []byte { return nil }

// UsrClass returns a user's class hive.
func UsrClass(h Host, p Profile) []byte { return nil }

// TemplateSAM returns a SAM without accounts or machine SID, as installation
// images carry.
func TemplateSAM(h Host, p Profile) []byte { return nil }

// Amcache returns an Amcache.hve.
func Amcache(h Host, p Profile) []byte { return nil }

// BCD returns a boot configuration store.
func BCD(h Host, p Profile) []byte { return nil }
