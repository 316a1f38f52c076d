package collection

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"errors"
	"hash"
	"hash/crc32"
	"io"

	"hivetriage/artifacts"
)

// errPassword is the cause of a Problem where a password does not open a
// member.
var errPassword = errors.New("the password does not open it")

func wrongPassword() *artifacts.Problem {
	return &artifacts.Problem{Offset: -1, Kind: artifacts.Encrypted, Err: errPassword}
}

// A zipCrypto decrypts PKWARE's traditional encryption (APPNOTE.TXT 6.1).
type zipCrypto struct {
	r    io.Reader
	keys [3]uint32
}

const zipCryptoHeader = 12 // bytes before the content; the last one checks the password

func newZipCrypto(r io.Reader, password string, check byte) (io.Reader, error) {
	z := &zipCrypto{r: r, keys: [3]uint32{0x12345678, 0x23456789, 0x34567890}}
	for i := range len(password) {
		z.update(password[i])
	}
	header := make([]byte, zipCryptoHeader)
	if _, err := io.ReadFull(z, header); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	if header[zipCryptoHeader-1] != check {
		return nil, wrongPassword()
	}
	return z, nil
}

func (z *zipCrypto) update(b byte) {
	z.keys[0] = crc32.IEEETable[byte(z.keys[0])^b] ^ z.keys[0]>>8
	z.keys[1] = (z.keys[1]+z.keys[0]&0xff)*134775813 + 1
	z.keys[2] = crc32.IEEETable[byte(z.keys[2])^byte(z.keys[1]>>24)] ^ z.keys[2]>>8
}

func (z *zipCrypto) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	for i := range p[:n] {
		t := z.keys[2]&0xffff | 2
		p[i] ^= byte(t * (t ^ 1) >> 8)
		z.update(p[i])
	}
	return n, err
}

// A zipAES decrypts WinZip's AES encryption (www.winzip.com/en/support/aes-encryption):
// salt, two bytes that check the password, AES-CTR with a little-endian
// counter from 1, ten bytes of HMAC-SHA1 over the encrypted content.
type zipAES struct {
	r       io.Reader // the encrypted content without what surrounds it
	tail    io.Reader // the authentication code
	block   cipher.Block
	mac     hash.Hash
	counter [aes.BlockSize]byte
	key     [aes.BlockSize]byte
	used    int
	err     error // why the authentication failed
}

const (
	aesCheck      = 2
	aesTail       = 10
	aesIterations = 1000
)

// aesOverhead is what AES adds to the packed size, by strength 1 to 3.
func aesOverhead(strength byte) int64 { return int64(strength)*4 + 4 + aesCheck + aesTail }

// newZipAES decrypts a packed stream of size bytes. Strength is 1, 2 or 3 for
// 128, 192 and 256 bits.
func newZipAES(r io.Reader, size int64, password string, strength byte) (*zipAES, error) {
	content := size - aesOverhead(strength)
	if content < 0 {
		return nil, io.ErrUnexpectedEOF
	}
	saltSize, keySize := int(strength)*4+4, int(strength)*8+8
	lead := make([]byte, saltSize+aesCheck)
	if _, err := io.ReadFull(r, lead); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	keys, err := pbkdf2.Key(sha1.New, password, lead[:saltSize], aesIterations, 2*keySize+aesCheck)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(keys[2*keySize:], lead[saltSize:]) {
		return nil, wrongPassword()
	}
	block, err := aes.NewCipher(keys[:keySize])
	if err != nil {
		return nil, err
	}
	return &zipAES{r: io.LimitReader(r, content), tail: r, block: block, mac: hmac.New(sha1.New, keys[keySize:2*keySize]), used: aes.BlockSize}, nil
}

func (z *zipAES) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	z.mac.Write(p[:n])
	for i := range p[:n] {
		if z.used == aes.BlockSize {
			for j := range z.counter {
				if z.counter[j]++; z.counter[j] != 0 {
					break
				}
			}
			z.block.Encrypt(z.key[:], z.counter[:])
			z.used = 0
		}
		p[i] ^= z.key[z.used]
		z.used++
	}
	if err == io.EOF && z.tail != nil {
		code := make([]byte, aesTail)
		if _, tailErr := io.ReadFull(z.tail, code); tailErr != nil {
			z.err = artifacts.NewProblem(artifacts.Truncated, -1, "the packed content ends before its authentication code")
		} else if !hmac.Equal(code, z.mac.Sum(nil)[:aesTail]) {
			z.err = artifacts.NewProblem(artifacts.Checksum, -1, "the authentication code of the encrypted content does not fit")
		}
		z.tail = nil
	}
	return n, err
}

// finish authenticates the content. A decoder may stop before it meets the
// end of what is packed.
func (z *zipAES) finish() error {
	if _, err := io.Copy(io.Discard, z); err != nil {
		return err
	}
	return z.err
}
