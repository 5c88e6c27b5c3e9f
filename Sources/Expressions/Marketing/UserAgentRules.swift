/// What a `User-Agent` header is recognised by: ordered rules, the first whose token occurs
/// decides.
/// More special tokens come first, because browsers name those that they are built on as well.
enum UserAgentRules {
  /// A token that gives a browser away, and its name. The version stands behind the token, or
  /// behind another.
  struct Browser: Sendable {
    let token: StaticString
    let name: StaticString
    var version: StaticString?

    init(_ token: StaticString, _ name: StaticString, version: StaticString? = nil) {
      self.token = token
      self.name = name
      self.version = version
    }
  }

  static let browsers: [Browser] = [
    // Apps that show pages inside of themselves.
    Browser("Instagram ", "Instagram"), Browser("FBAV/", "Facebook"),
    Browser("FBAN/", "Facebook", version: "FBAV/"),
    Browser("musical_ly_", "TikTok", version: "app_version/"),
    Browser("BytedanceWebview", "TikTok", version: "app_version/"),
    Browser("Pinterest/", "Pinterest"), Browser("Snapchat/", "Snapchat"),
    Browser("LinkedInApp", "LinkedIn", version: "LinkedInApp]/"),
    Browser("Twitter for", "X", version: "Twitter for iPhone/"),
    Browser("MicroMessenger/", "WeChat"), Browser("Line/", "Line"), Browser("GSA/", "Google App"),
    // Browsers over Chromium, WebKit and Gecko.
    Browser("Edg/", "Edge"), Browser("EdgA/", "Edge"), Browser("EdgiOS/", "Edge"),
    Browser("Edge/", "Edge"), Browser("OPR/", "Opera"), Browser("OPT/", "Opera"),
    Browser("OPiOS/", "Opera"), Browser("Opera Mini/", "Opera Mini"),
    Browser("OPX/", "Opera"), Browser("Opera/", "Opera", version: "Version/"),
    Browser("SamsungBrowser/", "Samsung Internet"), Browser("YaBrowser/", "Yandex Browser"),
    Browser("Vivaldi/", "Vivaldi"), Browser("UCBrowser/", "UC Browser"),
    Browser("DuckDuckGo/", "DuckDuckGo"), Browser("Ddg/", "DuckDuckGo"),
    Browser("Whale/", "Whale"), Browser("MiuiBrowser/", "MIUI Browser"),
    Browser("HuaweiBrowser/", "Huawei Browser"), Browser("HeyTapBrowser/", "HeyTap Browser"),
    Browser("VivoBrowser/", "Vivo Browser"), Browser("MQQBrowser/", "QQ Browser"),
    Browser("QQBrowser/", "QQ Browser"), Browser("Brave/", "Brave"), Browser("Silk/", "Silk"),
    Browser("Thunderbird/", "Thunderbird"), Browser("SeaMonkey/", "SeaMonkey"),
    Browser("PaleMoon/", "Pale Moon"), Browser("FxiOS/", "Firefox"), Browser("Focus/", "Firefox"),
    Browser("Firefox/", "Firefox"), Browser("CriOS/", "Chrome"), Browser("Chromium/", "Chromium"),
    Browser("; wv)", "Android WebView", version: "Chrome/"), Browser("Chrome/", "Chrome"),
    Browser("MSIE ", "Internet Explorer"), Browser("Trident/", "Internet Explorer", version: "rv:"),
    Browser("PlayStation", "PlayStation Browser", version: "PlayStation "),
    Browser("Safari/", "Safari", version: "Version/"),
    Browser("(iPhone;", "iOS WebView", version: "iPhone OS "),
    Browser("(iPad;", "iOS WebView", version: "CPU OS "),
  ]

  /// A token that gives an operating system away; its version stands behind the token.
  struct System: Sendable {
    let token: StaticString
    let name: StaticString
    var version: StaticString?

    init(_ token: StaticString, _ name: StaticString, version: StaticString? = nil) {
      self.token = token
      self.name = name
      self.version = version
    }
  }

  static let systems: [System] = [
    System("Windows Phone", "Windows Phone", version: "Windows Phone "),
    System("Xbox", "Xbox", version: "Xbox OS "), System("PlayStation", "PlayStation"),
    System("Nintendo", "Nintendo"), System("Tizen", "Tizen", version: "Tizen "),
    System("Web0S", "webOS"), System("webOS", "webOS", version: "webOS/"),
    System("KAIOS/", "KaiOS"), System("HarmonyOS", "HarmonyOS", version: "HarmonyOS "),
    System("Roku/", "Roku", version: "Roku/DVP-"), System("AppleTV", "tvOS", version: "tvOS "),
    System("Apple TV", "tvOS", version: "tvOS "), System("Watch OS", "watchOS"),
    System("iPad", "iPadOS", version: "CPU OS "),
    System("iPhone", "iOS", version: "iPhone OS "), System("iPod", "iOS", version: "iPhone OS "),
    System("Android", "Android", version: "Android "), System("CrOS", "ChromeOS"),
    System("Windows NT", "Windows", version: "Windows NT "), System("Windows", "Windows"),
    System("Mac OS X", "macOS", version: "Mac OS X "), System("Macintosh", "macOS"),
    System("Darwin/", "macOS", version: ""), System("BlackBerry", "BlackBerry OS"),
    System("BB10", "BlackBerry OS"), System("FreeBSD", "FreeBSD"), System("OpenBSD", "OpenBSD"),
    System("X11", "Linux"), System("Linux", "Linux"),
  ]

  /// The names that Windows' versions are known by.
  static let windows: [(kernel: StaticString, name: StaticString)] = [
    ("10.0", "10"), ("6.3", "8.1"), ("6.2", "8"), ("6.1", "7"), ("6.0", "Vista"),
    ("5.2", "XP"), ("5.1", "XP"),
  ]

  /// What programs without a person say of themselves, in lower case. Part of a word is enough.
  static let bots: [StaticString] = [
    "bot", "crawl", "spider", "slurp", "facebookexternalhit", "facebookcatalog", "curl/", "wget",
    "python", "aiohttp", "httpx", "go-http-client", "apache-httpclient", "java/", "libwww",
    "scrapy", "headless", "phantomjs", "lighthouse", "page speed", "pagespeed", "pingdom",
    "uptime", "statuscake", "newrelic", "datadog", "preview", "whatsapp/", "skypeuripreview",
    "feedfetcher", "mediapartners", "googleother", "google-read-aloud", "google-inspectiontool",
    "apis-google", "node-fetch", "axios/", "postman", "insomnia/", "okhttp/", "guzzle", "ruby",
    "perl", "php/", "validator", "embedly", "archiver", "scanner", "monitor", "httrack",
  ]

  /// Devices whose names hold what a program would say.
  static let noBots: [StaticString] = ["cubot"]

  static let televisions: [StaticString] = [
    "SmartTV", "SMART-TV", "Smart-TV", "Smart TV", "AppleTV", "Apple TV", "GoogleTV", "Google TV",
    "Android TV", "BRAVIA", "Roku/", "CrKey", "AFTT", "AFTS", "AFTM", "AFTB", "AFTN", "HbbTV",
    "Web0S", "NetCast", "MiTV", "DTV",
  ]
  static let consoles: [StaticString] = ["PlayStation", "Xbox", "Nintendo"]
  static let tablets: [StaticString] = ["iPad", "Tablet", "Kindle", "KFTT", "PlayBook", "SM-T"]
  static let mobiles: [StaticString] = [
    "Mobile", "iPhone", "iPod", "Windows Phone", "BlackBerry", "BB10", "Opera Mini", "KAIOS",
    "Mobi",
  ]
  static let desktops: [StaticString] = [
    "Windows", "Macintosh", "X11", "CrOS", "Linux", "FreeBSD", "OpenBSD",
  ]
}
