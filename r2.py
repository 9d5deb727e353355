from r1 import *
def one(x,o=['-v']):
    wpcap('s.pcap',[rp(x)]); t=td('s.pcap',o).decode('latin1'); print(repr(t[t.index('520: ')+5:]))
Z=b'\0'*4
print('v1 families')
for fam in list(range(0,32))+[0xffff,0x1000]: one(rh(2,1)+H('>HH',fam,0)+b'\1\2\3\4'+Z+Z+H('>I',5))
print('v1 nonzero');
one(rh(2,1)+H('>HH',2,1)+b'\1\2\3\4'+Z+Z+H('>I',5)); one(rh(2,1)+H('>HH',2,0)+b'\1\2\3\4'+b'\1\0\0\0'+Z+H('>I',5)); one(rh(2,1)+H('>HH',2,0)+b'\1\2\3\4'+Z+b'\1\0\0\0'+H('>I',5));one(rh(2,1)+H('>HH',2,0)+b'\1\2\3\4'+Z+Z+H('>I',0));one(rh(2,1)+H('>HH',2,0)+b'\1\2\3\4'+Z+Z+H('>I',17));one(rh(2,1)+H('>HH',7,1)+b'\1\2\3\4'+Z+Z+H('>I',17));one(rh(1,1)+H('>HH',0,0)+Z+Z+Z+H('>I',16)); one(rh(2,1)+H('>HH',0,0)+Z+Z+Z+H('>I',16)); one(rh(1,1)+H('>HH',0,0)+Z+Z+Z+H('>I',15))
print('auth');
for t in range(0,6): one(rh(2,2)+H('>HH',0xffff,t)+bytes(range(65,81))+e()); one(rh(2,2)+H('>HH',0xffff,t)+bytes(range(65,81))); one(rh(2,2)+e()+H('>HH',0xffff,t)+bytes(range(65,81))+e()+b'xyz');one(rh(2,2)+e()+H('>HH',0xffff,t)+bytes(range(65,75)))
print('ver'); 
for v in (0,3): one(rh(2,v)+e()); one(rh(2,v)+e(),['-vv']); one(rh(2,v)+e(),[])
one(rh(9,2)+e()); one(rh(9,2)+e(),['-vv']); one(rh(5,1)+e()); one(rh(3,2)+e()); one(rh(4,1)+b'abc'); one(rh(6,2)+e()+b'abc');one(rh(9,2)); one(rh(1,2)+e()+b'abc',['-vv'])
