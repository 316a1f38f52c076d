package scene

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"

	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/hive/hivetest"
)

// stagingName is a file server.
const stagingName = "SRV-FILE-02"

// robbed are the hosts whose copies were put on the server, and where they
// came from.
var robbed = []struct{ name, sid, ip string }{
	{hostName, machine, "10.20.31.7"},
	{"WS-HR-03", "S-1-5-21-1716253419-2093378461-1290071865", "10.20.31.23"},
	{"LT-SALES-22", "S-1-5-21-3011452278-1409923317-2735002166", "10.20.32.122"},
}

// Staging is the disk of a file server to which copies of three other hosts'
// hives were written over a share: one host's lie in a folder, those of the
// others in an archive beside it. None of its own was copied.
func Staging() ([]byte, error) {
	own := recordingShares(host(seized.Time))
	own.Name, own.SID = stagingName, "S-1-5-21-2210344871-3900112647-1502298743"
	own.OS, own.Build, own.Product = "Windows Server 2022 Standard", "20348", "ServerNT"
	s := make(story)
	s.routine()
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	var files []ntfstest.File
	for i, from := range robbed {
		h := host(day(15, 2, 0))
		h.Name, h.SID = from.name, from.sid
		v := visit{who: eventlogtest.Account{SID: adminSID, Name: "admin.jansen", Domain: domain, LogonID: 0x91c000 + uint64(i)}, ip: from.ip, name: from.name}
		s.arrives(day(15, 4+i, 1), v)
		for k, c := range psexecCopies {
			at := day(15, 4+i, 3+float64(k))
			inside := strings.ToLower(from.name) + `\` + strings.ToLower(c.hive) + ".save"
			s.asks(at, v, "transfer", `C:\Shares\transfer`, inside, toWrite)
			data := c.content(h, hivetest.RegSave)
			if i == 0 {
				path := "/Shares/transfer/" + strings.ReplaceAll(inside, `\`, "/")
				files = append(files, ntfstest.File{Path: path, Data: data, SI: always(at), FN: always(at), Owner: adminSID})
				continue
			}
			w, err := z.Create(strings.ReplaceAll(inside, `\`, "/"))
			if err == nil {
				_, err = w.Write(data)
			}
			if err != nil {
				return nil, fmt.Errorf("scene: %w", err)
			}
		}
		s.leaves(day(15, 4+i, 30), v)
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	zipped := always(day(15, 20, 0))
	files = append(files, ntfstest.File{Path: "/Shares/transfer/photos.zip", Data: packed.Bytes(), SI: zipped, FN: zipped, Owner: adminSID})
	s.application(installed)
	files = append(append(files, hivesOf(own)...), ordinary()...)
	return diskOf(append(files, s.on(stagingName).logs()...), 24<<20)
}
