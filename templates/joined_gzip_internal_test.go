package templates

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// Any stretches of a body, with personal parts between them, unpack to the same text. The
// standard library's reader verifies the checksum and the size.
func TestJoinedPiecesUnpackToTheirText(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 11))
	for range 200 {
		body := []byte(strings.Repeat("<li>Yoga Flow 18:00</li>", random.IntN(400)))
		for i := range body {
			if random.IntN(8) == 0 {
				body[i] = byte('a' + random.IntN(26))
			}
		}
		var cuts []int
		for range random.IntN(60) {
			cuts = append(cuts, random.IntN(len(body)+1))
		}
		tree := newPieceTree(body, cuts)
		if random.IntN(2) == 0 {
			tree.room = len(body) / 3 // most stretches are joined from runs
		}
		var out, want bytes.Buffer
		j := newGzipJoin(&out)
		for range 1 + random.IntN(6) {
			from := tree.cuts[random.IntN(len(tree.cuts))]
			to := tree.cuts[random.IntN(len(tree.cuts))]
			personal := []byte(strings.Repeat("Gebucht ", random.IntN(80)))
			tree.stretch(from, max(from, to), j.keep)
			j.alone(personal)
			want.Write(body[from:max(from, to)])
			want.Write(personal)
		}
		j.end()
		z, err := gzip.NewReader(&out)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Fatalf("%d bytes unpack to\n%s\nwant\n%s", want.Len(), got, want.Bytes())
		}
	}
}

// The size of a page must not tell how a personal part resembles the text beside it.
func TestAPersonalPartIsCompressedAlone(t *testing.T) {
	t.Parallel()
	body := []byte(strings.Repeat("Lena Müller bucht Yoga Flow. ", 40))
	size := func(beside []byte, personal string) int {
		tree := newPieceTree(beside, nil)
		var out bytes.Buffer
		j := newGzipJoin(&out)
		tree.stretch(0, len(beside), j.keep)
		j.alone([]byte(personal))
		j.end()
		return out.Len()
	}
	for _, personal := range []string{"Lena Müller", strings.Repeat("Lena Müller bucht Yoga Flow. ", 20)} {
		if with, without := size(body, personal)-size(body, ""), size(nil, personal)-size(nil, ""); with != without {
			t.Errorf("%d bytes beside the same text, %d without it", with, without)
		}
	}
}
