package profiletest

import "hivetriage/artifacts/hive/hivetest"

// A Sync is an account of OneDrive and the folders that it keeps in step.
type Sync struct {
	Account   string // "Personal", "Business1"
	Folder    string // its own
	Email     string
	Libraries []string // of SharePoint: names of values of its tenant "Nordwind"
	Mounted   []string // data of values in ScopeIdToMountPointPathCache
}

// oneDrive is what OneDrive keeps of its accounts.
func (s Spec) oneDrive() node {
	accounts := key("Accounts")
	for _, a := range s.Synced {
		tenant, cache := key("Nordwind"), key("ScopeIdToMountPointPathCache")
		for _, folder := range a.Libraries {
			tenant = tenant.with(hivetest.Number(folder, 1))
		}
		for _, folder := range a.Mounted {
			cache = cache.with(hivetest.Text(folder[len(folder)-4:], folder))
		}
		account := key(a.Account, key("Tenants", tenant), cache).with(optional("UserFolder", a.Folder)...).with(optional("UserEmail", a.Email)...)
		accounts.Keys = append(accounts.Keys, account.Key)
	}
	return key("OneDrive", accounts)
}
