#include "textflag.h"

// func call32() uintptr
TEXT ·call32(SB), NOSPLIT, $0-8
	MOVQ $20, AX
	INT $0x80
	MOVQ AX, ret+0(FP)
	RET
