package templates

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/flate"
)

// A schedule page is joined from kept pieces, so its compressed form is joined from kept
// compressed pieces (RFC 1952, 2.2). That costs a copy per request. Each piece is a run of
// deflate blocks that ends on a byte and refers to nothing outside itself. So the size of a page
// tells nothing about how personal parts resemble the rest: no personal part is compressed
// together with anything else.

// piece is a part of a page and its compressed form.
type piece struct {
	deflated []byte
	crc      uint32 // of the plain text
	shift    uint32 // see shiftOf
	size     int    // of the plain text
}

// deflateLevel is worth its time, since a piece is compressed once and sent many times.
const deflateLevel = 6

var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(io.Discard, deflateLevel)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

func newPiece(plain []byte) *piece {
	var b bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&b)
	_, _ = w.Write(plain) // writing to memory does not fail
	_ = w.Flush()         // ends on a byte, and is not the last block of the stream
	return &piece{
		deflated: slices.Clip(b.Bytes()), crc: crc32.ChecksumIEEE(plain), shift: shiftOf(len(plain)), size: len(plain),
	}
}

// pieceTree keeps the compressed pieces of a body that is cut at fixed positions. A stretch that
// is asked for is compressed as a whole and kept, up to a limit: most people have few personal
// rows, so their pages have few different stretches. Beyond the limit a stretch is the join of
// aligned runs: level k has a piece for each run of 2^k parts, made when it is first used.
type pieceTree struct {
	body   []byte
	cuts   []int // in order; the first is 0, the last the length of the body
	levels [][]atomic.Pointer[piece]

	mu    sync.Mutex
	whole map[[2]int]*piece
	room  int // bytes of plain text that whole may still take
}

// wholeTimes limits the stretches that are kept as a whole to that many times the body.
const wholeTimes = 8

func newPieceTree(body []byte, cuts []int) *pieceTree {
	cuts = append(cuts, 0, len(body))
	slices.Sort(cuts)
	t := &pieceTree{body: body, cuts: slices.Compact(cuts), whole: map[[2]int]*piece{}, room: wholeTimes * len(body)}
	for parts := len(t.cuts) - 1; parts > 0; parts /= 2 {
		t.levels = append(t.levels, make([]atomic.Pointer[piece], parts))
	}
	return t
}

// stretch calls use for the pieces of body[from:to], in order. Both positions must be cuts.
func (t *pieceTree) stretch(from, to int, use func(*piece)) {
	if from >= to {
		return
	}
	if p := t.wholePiece(from, to); p != nil {
		use(p)
		return
	}
	a, _ := slices.BinarySearch(t.cuts, from)
	b, _ := slices.BinarySearch(t.cuts, to)
	for a < b {
		level := min(bits.TrailingZeros(uint(a)), bits.Len(uint(b-a))-1, len(t.levels)-1)
		use(t.run(level, a>>level))
		a += 1 << level
	}
}

// wholePiece returns the piece of a stretch, or nil beyond the limit.
func (t *pieceTree) wholePiece(from, to int) *piece {
	key := [2]int{from, to}
	t.mu.Lock()
	p := t.whole[key]
	fits := p == nil && t.room >= to-from
	if fits {
		t.room -= to - from
	}
	t.mu.Unlock()
	if !fits {
		return p
	}
	p = newPiece(t.body[from:to])
	t.mu.Lock()
	t.whole[key] = p
	t.mu.Unlock()
	return p
}

func (t *pieceTree) run(level, i int) *piece {
	kept := &t.levels[level][i]
	p := kept.Load()
	if p == nil { // two requests may both make it; the pieces are equal
		p = newPiece(t.body[t.cuts[i<<level]:t.cuts[(i+1)<<level]])
		kept.Store(p)
	}
	return p
}

// gzipJoin writes one gzip member.
type gzipJoin struct {
	out  *bytes.Buffer
	crc  uint32
	size uint32
}

// newGzipJoin begins with the header of RFC 1952, 2.3: deflate, no flags, no time, any system.
func newGzipJoin(out *bytes.Buffer) *gzipJoin {
	out.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff})
	return &gzipJoin{out: out}
}

// keep adds a kept piece.
func (j *gzipJoin) keep(p *piece) {
	j.out.Write(p.deflated)
	j.crc = multiply(p.shift, j.crc) ^ p.crc
	j.size += uint32(p.size)
}

// small is the size in bytes below which a personal part is stored: compressing it saves less
// than the block costs.
const small = 256

// alone adds a personal part, compressed by itself.
func (j *gzipJoin) alone(plain []byte) {
	if n := uint16(len(plain)); len(plain) < small {
		j.out.Write([]byte{0, byte(n), byte(n >> 8), byte(^n), byte(^n >> 8)}) // a stored block: RFC 1951, 3.2.4
		j.out.Write(plain)
	} else {
		_ = flate.StatelessDeflate(j.out, plain, false, nil) // writing to memory does not fail
	}
	j.crc = crc32.Update(j.crc, crc32.IEEETable, plain)
	j.size += uint32(len(plain))
}

// end writes an empty last block, the checksum and the size.
func (j *gzipJoin) end() {
	j.out.Write([]byte{1, 0, 0, 0xff, 0xff})
	var tail [8]byte
	binary.LittleEndian.PutUint32(tail[:4], j.crc)
	binary.LittleEndian.PutUint32(tail[4:], j.size)
	j.out.Write(tail[:])
}

// A CRC is a remainder of polynomials over GF(2), whose coefficients are stored from the highest
// bit down. The CRC of a joined text is that of the first part times x to the number of bits
// that follow, plus that of the second part.

// shiftOf returns x^(8n) modulo the polynomial of the CRC.
func shiftOf(n int) uint32 {
	product := uint32(1) << 31                    // x^0
	for power := uint32(1) << 23; n > 0; n /= 2 { // x^8
		if n%2 == 1 {
			product = multiply(power, product)
		}
		power = multiply(power, power)
	}
	return product
}

// multiply returns a·b modulo the polynomial of the CRC.
func multiply(a, b uint32) (product uint32) {
	for ; a != 0; a <<= 1 {
		if a&(1<<31) != 0 {
			product ^= b
		}
		if b&1 != 0 {
			b = b>>1 ^ crc32.IEEE
		} else {
			b >>= 1
		}
	}
	return product
}
