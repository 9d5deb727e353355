package dissect

import "net/netip"

// SNMP is a view of an SNMP message: version 1 (RFC 1157), 2c (RFC 1901) or 3 (RFC 3412), in the Basic Encoding Rules.
//
//	SEQUENCE { version, community, PDU }                            versions 1 and 2c
//	SEQUENCE { version, header, security parameters, scoped PDU }   version 3
//
// The getters trust the slice; call Check once before the first of them.
type SNMP []byte

// Check reports whether the message is a sequence that begins with a version: ErrTruncated if bytes of the sequence are missing,
// ErrMalformed if it is something else.
func (m SNMP) Check() error {
	body, err := m.body()
	if err != nil {
		return err
	}
	tag, _, size, err := berHeader(body)
	if err != nil || tag != berInteger || size < 1 || size > 4 {
		return ErrMalformed
	}
	return nil
}

// CheckWhole is Check: the message holds its own length.
func (m SNMP) CheckWhole() error { return m.Check() }

// body is the content of the sequence.
func (m SNMP) body() ([]byte, error) {
	tag, header, size, err := berHeader(m)
	switch {
	case err == ErrUnsupported || err == nil && tag != berSequence:
		return nil, ErrMalformed
	case err != nil:
		return nil, err
	}
	return m[header : header+size], nil
}

// Len is the length of the message by its own word, in bytes.
func (m SNMP) Len() int {
	_, header, size, _ := berHeader(m)
	return header + size
}

// Version is the number in the message: 0 for version 1, 1 for 2c, 3 for 3.
func (m SNMP) Version() int {
	body, _ := m.body()
	_, header, size, _ := berHeader(body)
	v, _ := berInt(body[header : header+size])
	return int(v)
}

// Community is the community of a message of version 1 or 2c, nil for others.
func (m SNMP) Community() []byte {
	if m.Version() > 1 {
		return nil
	}
	body, _ := m.body()
	_, header, size, _ := berHeader(body)
	rest := body[header+size:]
	tag, header, size, err := berHeader(rest)
	if err != nil || tag != berOctetString {
		return nil
	}
	return rest[header : header+size]
}

// SNMPPDU is the kind of a PDU (RFC 3416 section 3): the number in its tag.
type SNMPPDU uint8

const (
	SNMPGetRequest     SNMPPDU = 0
	SNMPGetNextRequest SNMPPDU = 1
	SNMPResponse       SNMPPDU = 2
	SNMPSetRequest     SNMPPDU = 3
	SNMPTrap           SNMPPDU = 4
	SNMPGetBulkRequest SNMPPDU = 5
	SNMPInformRequest  SNMPPDU = 6
	SNMPTrap2          SNMPPDU = 7
	SNMPReport         SNMPPDU = 8
)

var snmpPDUNames = [...]string{"get", "get-next", "response", "set", "trap", "get-bulk", "inform", "trap2", "report"}

// Name is the kind's name, or "".
func (t SNMPPDU) Name() string {
	if int(t) < len(snmpPDUNames) {
		return snmpPDUNames[t]
	}
	return ""
}

// String is the name, or the number.
func (t SNMPPDU) String() string { return nameOrNumber(t.Name(), uint64(t)) }

var (
	snmpVersionField   = Field{Name: "snmp.version", Label: "version", Title: "Version", Rank: 1}
	snmp3VersionField  = Field{Name: "snmp.msgVersion", Label: "version", Title: "Version", Rank: 1}
	snmpCommunityField = Field{Name: "snmp.community", Label: "community", Title: "Community", Rank: 2}
	snmpDataField      = Field{Name: "snmp.data", Label: "pdu", Title: "PDU", Rank: 3, Form: FormBare}
	snmpRequestIDField = Field{Name: "snmp.request_id", Label: "id", Title: "Request ID", Rank: 4}
	snmpStatusField    = Field{Name: "snmp.error_status", Label: "error", Title: "Error status", Rank: 5, Form: FormNonzero}
	snmpIndexField     = Field{Name: "snmp.error_index", Label: "index", Title: "Error index", Rank: 5, Form: FormNonzero}
	snmpRepeatersField = Field{Name: "snmp.non_repeaters", Label: "non-repeaters", Title: "Non-repeaters", Rank: 5}
	snmpMaxField       = Field{Name: "snmp.max_repetitions", Label: "max", Title: "Max repetitions", Rank: 5}
	snmpBindingsField  = Field{Name: "snmp.variable_bindings", Title: "Variable bindings"}
	snmpBindingGroup   = Field{Title: "Variable binding"}
	snmpNameField      = Field{Name: "snmp.name", Label: "name", Title: "Object name", Rank: 6, Form: FormBare}

	snmpIntField     = Field{Name: "snmp.value.int", Label: "=", Title: "Value (Integer)", Rank: 6, Form: FormJoined}
	snmpOctetsField  = Field{Name: "snmp.value.octets", Label: "=", Title: "Value (Octet string)", Rank: 6, Form: FormJoined}
	snmpOIDField     = Field{Name: "snmp.value.oid", Label: "=", Title: "Value (OID)", Rank: 6, Form: FormJoined}
	snmpIPv4Field    = Field{Name: "snmp.value.ipv4", Label: "=", Title: "Value (IP address)", Rank: 6, Form: FormJoined}
	snmpCounterField = Field{Name: "snmp.value.counter", Label: "=", Title: "Value (Counter)", Rank: 6, Form: FormJoined}
	snmpGaugeField   = Field{Name: "snmp.value.g32", Label: "=", Title: "Value (Gauge)", Rank: 6, Form: FormJoined}
	snmpTicksField   = Field{Name: "snmp.value.timeticks", Label: "=", Title: "Value (Timeticks)", Rank: 6, Form: FormJoined}
	snmpOtherField   = Field{Label: "=", Title: "Value", Rank: 6, Form: FormJoined}

	snmpEnterpriseField = Field{Name: "snmp.enterprise", Label: "enterprise", Title: "Enterprise", Rank: 4}
	snmpAgentField      = Field{Name: "snmp.agent_addr", Label: "agent", Title: "Agent address", Rank: 4}
	snmpRawAgentField   = Field{Title: "Agent address"}
	snmpGenericField    = Field{Name: "snmp.generic_trap", Label: "generic", Title: "Generic trap", Rank: 4}
	snmpSpecificField   = Field{Name: "snmp.specific_trap", Label: "specific", Title: "Specific trap", Rank: 4, Form: FormNonzero}
	snmpTimeField       = Field{Name: "snmp.time_stamp", Label: "time", Title: "Time stamp (10 ms)", Rank: 4}

	snmpMsgIDField     = Field{Name: "snmp.msgID", Label: "id", Title: "Message ID", Rank: 2}
	snmpMaxSizeField   = Field{Name: "snmp.msgMaxSize", Label: "max", Title: "Maximum size"}
	snmpFlagsField     = Field{Name: "snmp.msgFlags", Label: "flags", Title: "Flags"}
	snmpReportField    = Field{Name: "snmp.v3.flags.report", Label: "reportable", Title: "Reportable", Mask: 0x04}
	snmpCryptField     = Field{Name: "snmp.v3.flags.crypt", Label: "encrypted", Title: "Encrypted", Mask: 0x02, Rank: 3, Form: FormFlag}
	snmpAuthField      = Field{Name: "snmp.v3.flags.auth", Label: "authenticated", Title: "Authenticated", Mask: 0x01, Rank: 3, Form: FormFlag}
	snmpFlagsRestField = Field{Title: "Reserved", Mask: 0xf8}
	snmpModelField     = Field{Name: "snmp.msgSecurityModel", Label: "model", Title: "Security model"}
	snmpEngineField    = Field{Name: "snmp.msgAuthoritativeEngineID", Title: "Authoritative engine ID"}
	snmpBootsField     = Field{Name: "snmp.msgAuthoritativeEngineBoots", Title: "Authoritative engine boots"}
	snmpEngTimeField   = Field{Name: "snmp.msgAuthoritativeEngineTime", Title: "Authoritative engine time (s)"}
	snmpUserField      = Field{Name: "snmp.msgUserName", Label: "user", Title: "User name", Rank: 2}
	snmpAuthParField   = Field{Name: "snmp.msgAuthenticationParameters", Title: "Authentication parameters"}
	snmpPrivParField   = Field{Name: "snmp.msgPrivacyParameters", Title: "Privacy parameters"}
	snmpMsgDataField   = Field{Name: "snmp.msgData", Title: "Scoped PDU (0) or encrypted (1)"}
	snmpEncryptedField = Field{Name: "snmp.encryptedPDU", Title: "Encrypted PDU"}
	snmpCtxEngineField = Field{Name: "snmp.contextEngineID", Title: "Context engine ID"}
	snmpCtxNameField   = Field{Name: "snmp.contextName", Label: "context", Title: "Context name"}
	snmpRestField      = Field{Title: "Bytes that could not be read"}
)

// Tags of SNMP's own types (RFC 2578 section 7.1) and of PDUs.
const (
	snmpTagIPAddress = 0x40
	snmpTagCounter   = 0x41
	snmpTagGauge     = 0x42
	snmpTagTicks     = 0x43
	snmpTagPDU       = 0xa0
)

// snmpWriter describes a message to a sink.
type snmpWriter struct{ berWriter }

func snmpFields(p *Packet, l *Layer, s Sink) {
	m := SNMP(p.Bytes(l))
	w := snmpWriter{berWriter{s: s, b: m, end: len(m), scratch: p.scratch[:0]}}
	end, _ := w.open(berSequence)
	if m.Version() == 3 {
		w.message3()
	} else if _, ok := w.integer(&snmpVersionField, berInteger); ok && w.words(&snmpCommunityField, berOctetString) {
		w.pdu()
	}
	w.shut(end, &snmpRestField)
	w.shut(end, &snmpRestField) // behind the message
}

// message3 describes the content of a message of version 3.
func (w *snmpWriter) message3() {
	w.integer(&snmp3VersionField, berInteger)
	end, ok := w.open(berSequence)
	if !ok {
		return
	}
	if _, ok = w.integer(&snmpMsgIDField, berInteger); ok {
		if _, ok = w.integer(&snmpMaxSizeField, berInteger); ok && w.flags() {
			_, ok = w.integer(&snmpModelField, berInteger)
		}
	}
	w.shut(end, &snmpRestField)
	if !ok || w.peek() != berOctetString {
		return
	}
	end, _ = w.open(berOctetString)
	w.usm()
	w.shut(end, &snmpRestField)
	if w.peek() == berOctetString {
		w.s.Uint(&snmpMsgDataField, 0, 0, 1)
		w.octets(&snmpEncryptedField, berOctetString)
		return
	}
	if end, ok = w.open(berSequence); !ok {
		return
	}
	w.s.Uint(&snmpMsgDataField, 0, 0, 0)
	if w.octets(&snmpCtxEngineField, berOctetString) && w.words(&snmpCtxNameField, berOctetString) {
		w.pdu()
	}
	w.shut(end, &snmpRestField)
}

func (w *snmpWriter) flags() bool {
	content, ok := w.head(berOctetString)
	if !ok {
		return false
	}
	off := w.off
	w.off += len(content)
	if len(content) != 1 {
		if len(content) > 0 {
			w.s.Bytes(&snmpRestField, off, len(content), content)
		}
		return true
	}
	w.s.Bytes(&snmpFlagsField, off, 1, content)
	w.s.Begin(&snmpFlagsField, off, 1)
	w.s.Uint(&snmpFlagsRestField, off, 1, uint64(content[0]>>3))
	for _, f := range [...]*Field{&snmpReportField, &snmpCryptField, &snmpAuthField} {
		w.s.Bool(f, off, 1, uint64(content[0])&f.Mask != 0)
	}
	w.s.End()
	return true
}

// usm describes the parameters of the User-based Security Model (RFC 3414 section 2.4), if they are that.
func (w *snmpWriter) usm() {
	end, ok := w.open(berSequence)
	if !ok {
		return
	}
	if w.octets(&snmpEngineField, berOctetString) {
		if _, ok = w.integer(&snmpBootsField, berInteger); ok {
			if _, ok = w.integer(&snmpEngTimeField, berInteger); ok {
				_ = w.words(&snmpUserField, berOctetString) && w.octets(&snmpAuthParField, berOctetString) &&
					w.octets(&snmpPrivParField, berOctetString)
			}
		}
	}
	w.shut(end, &snmpRestField)
}

// pdu describes the next element, if it is a PDU.
func (w *snmpWriter) pdu() {
	tag := w.peek()
	if tag < snmpTagPDU || tag > snmpTagPDU+byte(SNMPReport) {
		return
	}
	kind := SNMPPDU(tag - snmpTagPDU)
	end, _ := w.open(tag)
	w.s.Enum(&snmpDataField, 0, 0, uint64(kind), kind.Name())
	if kind == SNMPTrap {
		w.trap()
	} else {
		first, second := &snmpStatusField, &snmpIndexField
		if kind == SNMPGetBulkRequest {
			first, second = &snmpRepeatersField, &snmpMaxField
		}
		if _, ok := w.integer(&snmpRequestIDField, berInteger); ok {
			if _, ok = w.integer(first, berInteger); ok {
				if _, ok = w.integer(second, berInteger); ok {
					w.bindings()
				}
			}
		}
	}
	w.shut(end, &snmpRestField)
}

// trap describes the content of a trap of version 1.
func (w *snmpWriter) trap() {
	if !w.oid(&snmpEnterpriseField) || !w.address(&snmpAgentField, &snmpRawAgentField) {
		return
	}
	if _, ok := w.integer(&snmpGenericField, berInteger); !ok {
		return
	}
	if _, ok := w.integer(&snmpSpecificField, berInteger); !ok {
		return
	}
	if _, ok := w.integer(&snmpTimeField, snmpTagTicks); ok {
		w.bindings()
	}
}

// address describes an IP address, or what stands in its place.
func (w *snmpWriter) address(f, raw *Field) bool {
	content, ok := w.head(snmpTagIPAddress)
	if !ok {
		return false
	}
	if len(content) == 4 {
		w.s.Addr(f, w.off, 4, netip.AddrFrom4([4]byte(content)))
	} else if len(content) > 0 {
		w.s.Bytes(raw, w.off, len(content), content)
	}
	w.off += len(content)
	return true
}

// bindings describes the variables of a PDU and their values.
func (w *snmpWriter) bindings() {
	end, ok := w.open(berSequence)
	if !ok {
		return
	}
	count := 0
	for rest := w.b[w.off:w.end]; len(rest) > 0; count++ {
		_, header, size, err := berHeader(rest)
		if err != nil {
			break
		}
		rest = rest[header+size:]
	}
	w.s.Uint(&snmpBindingsField, 0, 0, uint64(count))
	for range count {
		_, header, size, err := berHeader(w.b[w.off:w.end])
		if err != nil {
			break
		}
		w.s.Begin(&snmpBindingGroup, w.off, header+size)
		outer, ok := w.open(berSequence)
		if ok {
			if w.oid(&snmpNameField) {
				w.value()
			}
			w.shut(outer, &snmpRestField)
		}
		w.s.End()
		if !ok {
			break
		}
	}
	w.shut(end, &snmpRestField)
}

// value describes the value of a variable.
func (w *snmpWriter) value() {
	switch tag := w.peek(); tag {
	case berInteger:
		w.integer(&snmpIntField, tag)
	case berOctetString:
		w.octets(&snmpOctetsField, tag)
	case berOID:
		w.oid(&snmpOIDField)
	case snmpTagIPAddress:
		w.address(&snmpIPv4Field, &snmpOtherField)
	case snmpTagCounter:
		w.integer(&snmpCounterField, tag)
	case snmpTagGauge:
		w.integer(&snmpGaugeField, tag)
	case snmpTagTicks:
		w.integer(&snmpTicksField, tag)
	default:
		w.octets(&snmpOtherField, tag)
	}
}

func decodeSNMP(p *Packet, l *Layer, b []byte) LayerType {
	m := SNMP(b)
	if err := m.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}
