package hivetest

// Decoys: hives that are no credential hives, whatever their files are named.

// Empty returns a hive with a root key alone.
func Empty(h Host, p Profile) []byte {
	return Write(h.root(), h.options(p, `\SystemRoot\System32\Config\SAM`))
}

// NTUSER returns a user's hive.
func NTUSER(h Host, p Profile) []byte {
	return Write(h.root(key("Console"), key("Control Panel", key("Desktop")), key("Environment"),
		key("Software", key("Microsoft", key("Windows"))), key("System")).Merge(h.More["NTUSER"]),
		h.options(p, `\??\C:\Users\analyst\ntuser.dat`))
}

// UsrClass returns a user's class hive.
func UsrClass(h Host, p Profile) []byte {
	root := h.root(key("Local Settings", key("MuiCache"), key("Software", key("Microsoft"))), key("CLSID"))
	root.Name = h.SID + "-1001_Classes"
	return Write(root.Merge(h.More["UsrClass"]), h.options(p, `\Microsoft\Windows\UsrClass.dat`))
}

// TemplateSAM returns a hive like those of installation images before setup:
// a key SAM that no account domain was made in.
func TemplateSAM(h Host, p Profile) []byte {
	return Write(h.root(key("SAM", key("RXACT"))), h.options(p, `\SystemRoot\System32\Config\SAM`))
}

// Amcache returns an Amcache.hve.
func Amcache(h Host, p Profile) []byte {
	root := h.root(key("Root", key("InventoryApplication"), key("InventoryApplicationFile"), key("InventoryDriverBinary")))
	root.Name = "{11517B7C-E79D-4e20-961B-75A811715ADD}"
	return Write(root.Merge(h.More["Amcache"]), h.options(p, `\AppCompat\Programs\Amcache.hve`))
}

// BCD returns a boot configuration store.
func BCD(h Host, p Profile) []byte {
	root := h.root(key("Description").with(Text("KeyName", "BCD00000000"), Number("System", 1)),
		key("Objects", key("{9dea862c-5cdd-4e70-acc1-f32b344d4795}", key("Description"), key("Elements"))))
	root.Name = "NewStoreRoot"
	return Write(root, h.options(p, `\Device\HarddiskVolume1\Boot\BCD`))
}
