module smoltcp

go 1.24.0
