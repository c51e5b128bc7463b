package main

import (
	"errors"
	"fmt"
	"syscall"
)

var errnos = map[syscall.Errno]string{
	killed:        "SIGSYS",
	syscall.EPERM: "EPERM", syscall.ENOENT: "ENOENT", syscall.ESRCH: "ESRCH", syscall.EIO: "EIO", syscall.ENXIO: "ENXIO",
	syscall.EBADF: "EBADF", syscall.EAGAIN: "EAGAIN", syscall.ENOMEM: "ENOMEM", syscall.EACCES: "EACCES",
	syscall.EFAULT: "EFAULT", syscall.EBUSY: "EBUSY", syscall.EEXIST: "EEXIST", syscall.EXDEV: "EXDEV", syscall.ENODEV: "ENODEV",
	syscall.ENOTDIR: "ENOTDIR", syscall.EISDIR: "EISDIR", syscall.EINVAL: "EINVAL", syscall.ENFILE: "ENFILE",
	syscall.EMFILE: "EMFILE", syscall.EFBIG: "EFBIG", syscall.ENOSPC: "ENOSPC", syscall.EROFS: "EROFS", syscall.EMLINK: "EMLINK",
	syscall.ENOSYS: "ENOSYS", syscall.ELOOP: "ELOOP", syscall.EOPNOTSUPP: "EOPNOTSUPP", syscall.EAFNOSUPPORT: "EAFNOSUPPORT",
	syscall.EPROTONOSUPPORT: "EPROTONOSUPPORT", syscall.ESOCKTNOSUPPORT: "ESOCKTNOSUPPORT", syscall.ENOPROTOOPT: "ENOPROTOOPT",
	syscall.EADDRNOTAVAIL: "EADDRNOTAVAIL", syscall.ENETUNREACH: "ENETUNREACH", syscall.ENETDOWN: "ENETDOWN",
	syscall.ECONNREFUSED: "ECONNREFUSED", syscall.EHOSTUNREACH: "EHOSTUNREACH", syscall.ETIMEDOUT: "ETIMEDOUT",
	syscall.ENOTTY: "ENOTTY", syscall.ETXTBSY: "ETXTBSY", syscall.ENOEXEC: "ENOEXEC", syscall.ENOKEY: "ENOKEY", syscall.EPROTOTYPE: "EPROTOTYPE",
	syscall.EUSERS: "EUSERS", syscall.ENOTSOCK: "ENOTSOCK", syscall.EDQUOT: "EDQUOT", syscall.ENOTCONN: "ENOTCONN",
}

func said(errno syscall.Errno) outcome {
	if errno == 0 {
		return outcome{Word: "done"}
	}
	if name, ok := errnos[errno]; ok {
		return outcome{Word: name}
	}
	return outcome{Word: fmt.Sprintf("errno %d", int(errno))}
}

func failed(err error) outcome {
	if err == nil {
		return outcome{Word: "done"}
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return said(errno)
	}
	return outcome{Word: err.Error()}
}

func counted(errno syscall.Errno, count int64) outcome {
	o := said(errno)
	o.Count = count
	return o
}
