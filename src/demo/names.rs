//! The names of customers and goods.

const CITIES: [&str; 12] =
    ["上海", "杭州", "苏州", "宁波", "深圳", "广州", "青岛", "成都", "武汉", "厦门", "无锡", "佛山"];
const CHARACTERS: [&str; 20] = [
    "明远", "恒信", "瑞丰", "嘉禾", "中泰", "永利", "华晟", "金桥", "新川", "博雅", "同创", "鼎盛", "安泰", "宏图",
    "天成", "海纳", "正源", "隆昌", "立德", "万和",
];
const TRADES: [&str; 6] = ["五金", "机电", "贸易", "建材", "工业设备", "供应链"];

const ENGLISH_FIRST: [&str; 10] = [
    "Brightwater",
    "Harbour",
    "Northgate",
    "Silverline",
    "Oakfield",
    "Redwood",
    "Pacific",
    "Keystone",
    "Highland",
    "Summit",
];
const ENGLISH_SECOND: [&str; 12] = [
    "Tools Ltd",
    "Hardware Inc",
    "Trading LLC",
    "Supply Co",
    "Industrial GmbH",
    "Fasteners Pty",
    "Imports BV",
    "Works Ltd",
    "Components Inc",
    "Builders Corp",
    "Marine Supply",
    "Distribution SA",
];

/// A Chinese company's name; different for every `index` under 240.
pub(super) fn chinese_company(index: usize, shift: usize) -> String {
    let city = CITIES[index % CITIES.len()];
    let character = CHARACTERS[(index * 3 + index / CITIES.len() + shift) % CHARACTERS.len()];
    format!("{city}{character}{}有限公司", TRADES[(index / 5 + shift) % TRADES.len()])
}

/// An English company's name; different for every `index` under 120.
pub(super) fn english_company(index: usize, shift: usize) -> String {
    let first = ENGLISH_FIRST[index % ENGLISH_FIRST.len()];
    let second = ENGLISH_SECOND[(index + index / ENGLISH_FIRST.len() + shift) % ENGLISH_SECOND.len()];
    format!("{first} {second}")
}

/// The maker of one kind of goods; different for every kind.
pub(super) fn supplier(index: usize, goods: &str, shift: usize) -> String {
    let city = CITIES[(index * 5 + shift) % CITIES.len()];
    format!("{city}{}{goods}制造有限公司", CHARACTERS[(index * 7 + shift) % CHARACTERS.len()])
}

/// A kind of goods; each comes in every one of [`SIZES`].
pub(super) struct Product {
    pub(super) code: &'static str,
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    pub(super) unit: &'static str,
    /// Sold in whole units only.
    pub(super) whole: bool,
    /// The lowest and highest list price, in fen.
    pub(super) price: (i64, i64),
}

const fn product(
    code: &'static str,
    zh: &'static str,
    en: &'static str,
    unit: &'static str,
    whole: bool,
    price: (i64, i64),
) -> Product {
    Product { code, zh, en, unit, whole, price }
}

pub(super) const PRODUCTS: [Product; 25] = [
    product("BOLT", "不锈钢螺栓", "Stainless bolt", "盒", true, (1_850, 9_900)),
    product("NUT", "六角螺母", "Hex nut", "盒", true, (1_250, 6_800)),
    product("WASH", "平垫圈", "Flat washer", "盒", true, (890, 4_500)),
    product("SCRW", "自攻螺钉", "Tapping screw", "盒", true, (1_100, 5_200)),
    product("ANCH", "膨胀锚栓", "Expansion anchor", "盒", true, (2_300, 12_800)),
    product("BRNG", "深沟球轴承", "Ball bearing", "个", true, (1_599, 28_800)),
    product("BELT", "三角带", "V-belt", "条", true, (2_180, 15_600)),
    product("CHAN", "传动链条", "Roller chain", "米", false, (3_500, 18_000)),
    product("CABL", "铜芯电缆", "Copper cable", "米", false, (850, 9_900)),
    product("HOSE", "液压软管", "Hydraulic hose", "米", false, (2_900, 12_500)),
    product("PIPE", "镀锌钢管", "Galvanised pipe", "米", false, (1_900, 8_800)),
    product("PLAT", "冷轧钢板", "Cold-rolled sheet", "公斤", false, (520, 1_380)),
    product("WIRE", "焊丝", "Welding wire", "公斤", false, (980, 4_600)),
    product("GLOV", "防护手套", "Work gloves", "双", true, (480, 3_990)),
    product("HELM", "安全帽", "Safety helmet", "顶", true, (2_450, 13_900)),
    product("DRIL", "冲击钻", "Impact drill", "台", true, (18_900, 129_900)),
    product("GRND", "角磨机", "Angle grinder", "台", true, (15_800, 89_900)),
    product("SAWB", "合金锯片", "Saw blade", "片", true, (3_900, 32_800)),
    product("WRCH", "扭矩扳手", "Torque wrench", "把", true, (9_900, 78_000)),
    product("PLIE", "钢丝钳", "Pliers", "把", true, (2_150, 9_800)),
    product("LAMP", "工作灯", "Work lamp", "只", true, (4_580, 26_500)),
    product("PUMP", "离心泵", "Centrifugal pump", "台", true, (49_900, 358_000)),
    product("VALV", "球阀", "Ball valve", "个", true, (3_280, 45_900)),
    product("FLTR", "滤芯", "Filter cartridge", "支", true, (2_680, 22_000)),
    product("TAPE", "绝缘胶带", "Insulating tape", "卷", true, (320, 1_290)),
];

pub(super) const SIZES: [&str; 12] =
    ["M4", "M5", "M6", "M8", "M10", "M12", "DN15", "DN20", "DN25", "DN32", "DN40", "DN50"];
