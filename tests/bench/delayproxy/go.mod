module delayproxy

go 1.25.0
