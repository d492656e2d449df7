"""The articles on which what happens to an entry rests."""

from hefu.kernel.citation import Citation

SHARING_ACT = "政务数据共享条例"
GUIDE = "政务信息资源目录编制指南（试行）"
#: State secrets and work secrets are outside what may be shared.
ART_3 = Citation("decree-809", "3", SHARING_ACT)
#: What an entry states; the assessments and the head's consent before it.
ART_13 = Citation("decree-809", "13", SHARING_ACT)
#: The three sharing types.
ART_14 = Citation("decree-809", "14", SHARING_ACT)
#: Scope and purpose of conditional sharing; reason and legal basis of not sharing.
ART_15 = Citation("decree-809", "15", SHARING_ACT)
#: The authority reviews and announces.
ART_16 = Citation("decree-809", "16", SHARING_ACT)
#: Entries are kept up to date.
ART_17 = Citation("decree-809", "17", SHARING_ACT)
