@rem Copyright The Usher Authors.
@rem SPDX-License-Identifier: Apache-2.0
@rem
@rem kubectl runs this on Windows, if it is on the PATH, to complete the words after "kubectl usher".
@kubectl usher __complete %*
