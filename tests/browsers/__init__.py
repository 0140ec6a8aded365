"""hug's streams in the three engines that nearly every browser is made of: Chromium, Firefox, WebKit."""
