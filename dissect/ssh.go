package dissect

import (
	"bytes"
	"encoding/binary"
)

// Offsets in a packet of SSH, and lengths, in bytes.
const (
	sshLength  = 0
	sshPadding = 4
	sshMessage = 5
	sshKexInit = 6

	SSHHeaderLen = 6
	sshCookieLen = 16
	sshMaxPacket = 35000 // RFC 4253 section 6.1: all must be able to read that
)

// SSHMessage is the number of a message (RFC 4250 section 4.1).
type SSHMessage uint8

const (
	SSHDisconnect   SSHMessage = 1
	SSHKexInit      SSHMessage = 20
	SSHNewKeys      SSHMessage = 21
	SSHKexDHInit    SSHMessage = 30 // of this and those behind it the meaning depends on the method of key exchange
	SSHKexDHReply   SSHMessage = 31
	SSHKexGEXInit   SSHMessage = 32
	SSHKexGEXReply  SSHMessage = 33
	SSHKexGEXOffers SSHMessage = 34
)

// Name is the message's name, or "" for one that is never sent in the clear.
func (m SSHMessage) Name() string {
	switch m {
	case SSHKexInit:
		return "Key Exchange Init"
	case SSHNewKeys:
		return "New Keys"
	case SSHKexDHInit, SSHKexDHReply, SSHKexGEXInit, SSHKexGEXReply, SSHKexGEXOffers:
		return "Key Exchange"
	}
	return ""
}

func (m SSHMessage) String() string { return nameOrNumber(m.Name(), uint64(m)) }

// SSH is a view of what one end of an SSH connection sends in the clear: the line with which it introduces itself (RFC 4253 section 4.2), or
// a packet of the key exchange (section 6). All that follows is encrypted, and looks like anything.
//
//	 0                              15 16                           31
//	+----------------------------------------------------------------+
//	|                         Packet Length                          |
//	+----------------+----------------+------------------------------+
//	| Padding Length |  Message Code  |  Payload, then the padding   |
//	+----------------+----------------+------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type SSH []byte

var sshIdent = []byte("SSH-")

// Check reports whether a line of introduction or a packet in the clear begins here, whole: ErrUnsupported for anything else.
func (h SSH) Check() error {
	switch {
	case len(h) == 0:
		return ErrTruncated
	case h.Introduction():
		return nil
	case len(h) < SSHHeaderLen, !h.inClear():
		return ErrUnsupported
	}
	return nil
}

// CheckWhole is Check, and the line has its end; a packet that Check accepts is whole.
func (h SSH) CheckWhole() error {
	if err := h.Check(); err != nil {
		return err
	}
	if _, _, whole := nextLine(h); h.Introduction() && !whole {
		return ErrTruncated
	}
	return nil
}

// Introduction reports whether this is the first line of a connection.
func (h SSH) Introduction() bool { return len(h) >= SSHHeaderLen && bytes.HasPrefix(h, sshIdent) }

// Version is what the line of introduction says.
func (h SSH) Version() []byte {
	line, _, _ := nextLine(h)
	return line
}

// PacketLen is the length of a packet without the field itself.
func (h SSH) PacketLen() int { return int(binary.BigEndian.Uint32(h[sshLength:])) }

func (h SSH) PaddingLen() int     { return int(h[sshPadding]) }
func (h SSH) Message() SSHMessage { return SSHMessage(h[sshMessage]) }

// inClear reports whether the packet makes sense: a cipher does not give lengths that agree with one another.
func (h SSH) inClear() bool {
	n := h.PacketLen()
	if n > sshMaxPacket || 4+n > len(h) || (4+n)%8 != 0 || h.PaddingLen() < 4 || n < 2+h.PaddingLen() {
		return false
	}
	b := h.body()
	switch h.Message() {
	case SSHKexInit:
		if len(b) < sshCookieLen {
			return false
		}
		return sshStrings(b[sshCookieLen:], sshLists, 5)
	case SSHNewKeys:
		return len(b) == 0
	case SSHKexDHInit, SSHKexGEXInit:
		return sshStrings(b, 1, 0)
	case SSHKexDHReply:
		return sshStrings(b, 3, 0) || sshStrings(b, 2, 0)
	case SSHKexGEXReply:
		return sshStrings(b, 3, 0)
	case SSHKexGEXOffers:
		return len(b) == 12
	}
	return false
}

// body is what stands between the message code and the padding.
func (h SSH) body() []byte { return h[SSHHeaderLen : 4+h.PacketLen()-h.PaddingLen()] }

// sshStrings reports whether b is n strings behind their lengths, and rest bytes.
func sshStrings(b []byte, n, rest int) bool {
	for range n {
		if len(b) < 4 {
			return false
		}
		size := uint64(binary.BigEndian.Uint32(b))
		if size > uint64(len(b)-4) {
			return false
		}
		b = b[4+size:]
	}
	return len(b) == rest
}

// size is the length of the line or the packet.
func (h SSH) size() int {
	if h.Introduction() {
		_, n, _ := nextLine(h)
		return n
	}
	return 4 + h.PacketLen()
}

// sshLists is how many lists of names a Key Exchange Init has (RFC 4253 section 7.1).
const sshLists = 10

var (
	sshProtocolField = Field{Name: "ssh.protocol", Label: "protocol", Title: "Protocol", Rank: 1, Form: FormBare}
	sshLengthField   = Field{Name: "ssh.packet_length", Label: "len", Title: "Packet Length", Rank: 2}
	sshPaddingField  = Field{Name: "ssh.padding_length", Label: "padding", Title: "Padding Length"}
	sshMessageField  = Field{Name: "ssh.message_code", Label: "message", Title: "Message Code", Rank: 1, Form: FormBare}
	sshCookieField   = Field{Name: "ssh.cookie", Label: "cookie", Title: "Cookie"}
	sshFollowsField  = Field{Name: "ssh.first_kex_packet_follows", Label: "follows", Title: "First KEX Packet Follows"}
	sshReservedField = Field{Name: "ssh.kex.reserved", Label: "reserved", Title: "Reserved"}
	sshBodyField     = Field{Label: "payload", Title: "Payload"}
	sshPadField      = Field{Name: "ssh.padding_string", Label: "padding", Title: "Padding"}

	// The lists of a Key Exchange Init, each behind its length.
	sshListFields = [sshLists][2]Field{
		{{Name: "ssh.kex_algorithms_length", Title: "Key Exchange Algorithms Length"}, {Name: "ssh.kex_algorithms", Title: "Key Exchange Algorithms"}},
		{{Name: "ssh.server_host_key_algorithms_length", Title: "Host Key Algorithms Length"}, {Name: "ssh.server_host_key_algorithms", Title: "Host Key Algorithms"}},
		{{Name: "ssh.encryption_algorithms_client_to_server_length", Title: "Encryption Algorithms to Server Length"}, {Name: "ssh.encryption_algorithms_client_to_server", Title: "Encryption Algorithms to Server"}},
		{{Name: "ssh.encryption_algorithms_server_to_client_length", Title: "Encryption Algorithms to Client Length"}, {Name: "ssh.encryption_algorithms_server_to_client", Title: "Encryption Algorithms to Client"}},
		{{Name: "ssh.mac_algorithms_client_to_server_length", Title: "MAC Algorithms to Server Length"}, {Name: "ssh.mac_algorithms_client_to_server", Title: "MAC Algorithms to Server"}},
		{{Name: "ssh.mac_algorithms_server_to_client_length", Title: "MAC Algorithms to Client Length"}, {Name: "ssh.mac_algorithms_server_to_client", Title: "MAC Algorithms to Client"}},
		{{Name: "ssh.compression_algorithms_client_to_server_length", Title: "Compression Algorithms to Server Length"}, {Name: "ssh.compression_algorithms_client_to_server", Title: "Compression Algorithms to Server"}},
		{{Name: "ssh.compression_algorithms_server_to_client_length", Title: "Compression Algorithms to Client Length"}, {Name: "ssh.compression_algorithms_server_to_client", Title: "Compression Algorithms to Client"}},
		{{Name: "ssh.languages_client_to_server_length", Title: "Languages to Server Length"}, {Name: "ssh.languages_client_to_server", Title: "Languages to Server"}},
		{{Name: "ssh.languages_server_to_client_length", Title: "Languages to Client Length"}, {Name: "ssh.languages_server_to_client", Title: "Languages to Client"}},
	}
)

// Fields describes the line or the packet to s.
func (h SSH) Fields(s Sink) {
	if h.Introduction() {
		s.Text(&sshProtocolField, 0, len(h.Version()), h.Version())
		pushBlank(s, h, len(h.Version()), h.size())
		return
	}
	s.Uint(&sshLengthField, sshLength, 4, uint64(h.PacketLen()))
	s.Uint(&sshPaddingField, sshPadding, 1, uint64(h.PaddingLen()))
	s.Enum(&sshMessageField, sshMessage, 1, uint64(h.Message()), h.Message().Name())
	b, off := h.body(), SSHHeaderLen
	if h.Message() == SSHKexInit {
		s.Bytes(&sshCookieField, off, sshCookieLen, b[:sshCookieLen])
		off += sshCookieLen
		for i := range sshListFields {
			n := int(binary.BigEndian.Uint32(h[off:]))
			s.Uint(&sshListFields[i][0], off, 4, uint64(n))
			off += 4
			if n > 0 {
				s.Text(&sshListFields[i][1], off, n, h[off:off+n])
			}
			off += n
		}
		s.Uint(&sshFollowsField, off, 1, uint64(h[off]))
		s.Bytes(&sshReservedField, off+1, 4, h[off+1:off+5])
	} else if len(b) > 0 {
		s.Bytes(&sshBodyField, off, len(b), b)
	}
	end := 4 + h.PacketLen()
	s.Bytes(&sshPadField, end-h.PaddingLen(), h.PaddingLen(), h[end-h.PaddingLen():end])
}

// decodeSSH leads from each line and packet to the next.
func decodeSSH(p *Packet, l *Layer, b []byte) LayerType {
	if SSH(b).Check() != nil {
		return asSegment(p, l, b)
	}
	l.Payload = l.Start + SSH(b).size()
	if l.Payload == l.End {
		return LayerNone
	}
	return LayerSSH
}

func sshFields(p *Packet, l *Layer, s Sink) { SSH(p.Bytes(l)).Fields(s) }
