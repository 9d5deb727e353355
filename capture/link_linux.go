package capture

import "smoltcp/dissect"

// InterfaceLink gives the link type that packets of an interface will have in a live capture, for those who make a
// filter before they start it.
func InterfaceLink(name string) (dissect.LinkType, error) {
	if name == AnyInterface {
		return dissect.LinkSLL2, nil
	}
	if _, err := interfaceByName(name); err != nil {
		return 0, err
	}
	link := dissect.LinkSLL2
	err := withSocket(func(fd int) error {
		arphrd, err := hardwareType(fd, name)
		if err == nil {
			link, _ = linkOf(arphrd)
		}
		return err
	})
	if err != nil {
		return 0, packetSocketError(name, err)
	}
	return link, nil
}
